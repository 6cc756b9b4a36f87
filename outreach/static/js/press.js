// Whether a finger or the mouse is down. A part put in anew under it would swallow the tap, or hand it to
// whatever lies there now: whoever refreshes a page by itself asks here first.
const BECOMES_A_CLICK_MS = 350; // how long after a touch ends the browser may still make a click of it

let lifted = Promise.resolve();
let lift = null;
let ending = 0;

document.addEventListener("pointerdown", press, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, endSoon, true);

function press() {
  clearTimeout(ending); // a second tap follows the first at once
  if (!lift) lifted = new Promise((done) => { lift = done; });
}

function endSoon() {
  clearTimeout(ending);
  ending = setTimeout(release, BECOMES_A_CLICK_MS);
}

function release() {
  lift?.();
  lift = null;
}

export function isPressed() {
  return lift !== null;
}

// Resolves at once when nothing is pressed.
export function untilLifted() {
  return lifted;
}

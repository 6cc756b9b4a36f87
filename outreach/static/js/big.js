// The big screen: the next view after some seconds; a click or key stops the turning, another goes on.
const { next, seconds } = document.body.dataset;
let timer = null;

function turn() {
  timer = setTimeout(() => location.replace(next), Number(seconds) * 1000);
}

function toggle(event) {
  if (event.target.closest("a, button")) return;
  if (timer === null) {
    turn();
  } else {
    clearTimeout(timer);
    timer = null;
  }
}

turn();
document.addEventListener("click", toggle);
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") location.assign(next);
  if (event.key === " ") toggle(event);
});

// Keys of the ledger's list: j and k walk the rows, x ticks one, a ticks the page, / goes to the search.

const rows = () => [...document.querySelectorAll("#rows tbody tr")];
const typing = (target) => target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");

function walk(step) {
  const list = rows();
  const here = list.findIndex((row) => row.contains(document.activeElement));
  const next = list[here < 0 ? (step > 0 ? 0 : list.length - 1) : here + step];
  next?.querySelector("a.row-link")?.focus();
}

function tick(row) {
  const box = row?.querySelector("input[name=entry]");
  if (box) box.checked = !box.checked;
}

function tickAll() {
  const boxes = [...document.querySelectorAll("#rows input[name=entry]")];
  const on = boxes.some((box) => !box.checked);
  boxes.forEach((box) => { box.checked = on; });
}

const ACTS = {
  j: () => walk(1),
  k: () => walk(-1),
  x: () => tick(rows().find((row) => row.contains(document.activeElement))),
  a: tickAll,
  "/": () => document.querySelector("#f-text")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const act = ACTS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

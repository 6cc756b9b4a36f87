// The same by keyboard: Enter on a grip picks up, arrows choose, Enter drops, Escape puts back; Ctrl+Z undoes.
import { hideVerdicts, openRuns, picked, put, runs, say, send, showOrder, showVerdicts, theBoard } from "./acts.js";

export const keys = { thing: null };
let targets = [];
let at = 0;
let tries = new Map();

export function startKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusout", (event) => {
    if (keys.thing && event.target.closest?.("[data-grip]") && event.relatedTarget) putBack();
  });
  document.addEventListener("submit", onUndo);
  document.addEventListener("click", onChoose);
}

function onKey(event) {
  const grip = event.target.closest?.("[data-grip]");
  if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.target.matches("input, textarea, select")) {
    const undo = [...document.querySelectorAll("#notices form button")].at(-1);
    if (undo && theBoard()) {
      event.preventDefault();
      undo.click();
    }
    return;
  }
  if (!grip || !theBoard()) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (keys.thing) drop();
    else pickUp(grip.closest("[data-leg]"));
  } else if (keys.thing && event.key === "Escape") {
    event.preventDefault();
    putBack();
  } else if (keys.thing && event.key.startsWith("Arrow")) {
    event.preventDefault();
    choose(event.key);
  }
}

async function pickUp(element) {
  const board = theBoard();
  keys.thing = picked(element);
  element.classList.add("is-picked");
  targets = allTargets(keys.thing);
  at = targets.findIndex((target) => target.isHere);
  say(board.dataset.sayPicked.replace("%s", keys.thing.name));
  const found = await showVerdicts(keys.thing);
  tries = new Map(found.map((one) => [String(one.run), one]));
}

// Places to go, in the order of the page: back among those who wait, each run, each position of the own run.
function allTargets(thing) {
  const list = [];
  if (thing.run) list.push({ waiting: true, across: true });
  else list.push({ isHere: true, across: true });
  for (const run of runs()) {
    if (run !== thing.run) {
      list.push({ run, position: null, across: true });
      continue;
    }
    const stops = [...run.querySelectorAll("[data-stop]")];
    stops.forEach((stop, position) => {
      list.push({ run, position, isHere: stop === thing.element, across: stop === thing.element });
    });
  }
  return list;
}

function choose(key) {
  const forward = key === "ArrowDown" || key === "ArrowRight";
  const sideways = key === "ArrowLeft" || key === "ArrowRight";
  let next = at;
  do next += forward ? 1 : -1;
  while (sideways && targets[next] && !targets[next].across);
  if (!targets[next]) return;
  at = next;
  show(targets[at]);
}

async function show(target) {
  const board = theBoard();
  for (const run of runs()) run.classList.toggle("is-target", run === target.run && !target.isHere);
  if (target.waiting) return say(board.dataset.sayWaiting);
  if (target.isHere) return say(keys.thing.name);
  target.run.scrollIntoView({ block: "nearest" });
  if (target.run !== keys.thing.run) {
    return say(`${target.run.dataset.plate}: ${tries.get(target.run.dataset.run)?.words ?? ""}`);
  }
  const where = board.dataset.sayPosition.replace("%s", target.position + 1);
  const found = await showOrder(keys.thing, target.position).catch(() => null);
  return say(`${where}: ${found?.words ?? ""}`);
}

function drop() {
  const { thing } = keys;
  const target = targets[at];
  finish();
  if (!target || target.isHere) return say(theBoard().dataset.sayBack);
  return put(thing, target);
}

function putBack() {
  finish();
  say(theBoard().dataset.sayBack);
}

function finish() {
  keys.thing?.element.classList.remove("is-picked");
  keys.thing = null;
  hideVerdicts();
}

function onUndo(event) {
  const form = event.target;
  if (!theBoard() || !form.closest("#notices")) return;
  event.preventDefault();
  send(new URL(form.action).href, {});
}

function onChoose(event) {
  const link = event.target.closest?.("#board a[data-choose]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = new URL(link.href);
  history.replaceState(null, "", address);
  window.htmx
    .ajax("GET", address.pathname + address.search, { source: theBoard(), target: "#board", swap: "outerHTML", values: { open: openRuns() } })
    .then(() => document.getElementById("places")?.focus());
}

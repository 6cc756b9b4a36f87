// Dragging by pointer or finger (SortableJS); letting go sends one act, and the server's answer draws the board.
import { script } from "../vendor.js";
import { hideVerdicts, picked, put, runOf, say, showOrder, showVerdicts } from "./acts.js";

const STEP_MS = 40;
export const dragging = { thing: null };

export async function startDrag(board) {
  await script("sortable/Sortable.min.js");
  for (const list of board.querySelectorAll("[data-drop]")) {
    window.Sortable.create(list, {
      group: "board",
      handle: "[data-grip]",
      draggable: "[data-leg]",
      sort: list.dataset.drop === "run",
      forceFallback: true,
      fallbackOnBody: true,
      fallbackTolerance: 4,
      emptyInsertThreshold: 12,
      animation: 0,
      onStart,
      onChange,
      onEnd,
    });
  }
}

let home = null; // where the dragged piece lay, so that the page shows only what the server knows
let step = 0;

function onStart({ item, from, oldIndex }) {
  home = { from, after: from.children[oldIndex + 1] === item ? null : item.nextSibling };
  dragging.thing = picked(item);
  document.body.classList.add("is-dragging");
  showVerdicts(dragging.thing);
}

function onChange({ item, to, newDraggableIndex }) {
  const thing = dragging.thing;
  for (const run of document.querySelectorAll("[data-run].is-target")) run.classList.remove("is-target");
  runOf(to)?.classList.add("is-target");
  clearTimeout(step);
  if (!thing?.stop || runOf(to) !== thing.run || item.parentElement.dataset.drop !== "run") return;
  step = setTimeout(() => showOrder(thing, newDraggableIndex).catch(() => say("")), STEP_MS);
}

function onEnd({ item, from, to, oldDraggableIndex, newDraggableIndex }) {
  const thing = dragging.thing;
  const target = { run: runOf(to), position: newDraggableIndex, waiting: to.dataset.drop === "waiting" };
  clearTimeout(step);
  home.from.insertBefore(item, home.after);
  dragging.thing = null;
  document.body.classList.remove("is-dragging");
  hideVerdicts();
  if (from === to && (target.waiting || oldDraggableIndex === newDraggableIndex)) return;
  if (target.run && target.run === thing.run && to.dataset.drop !== "run") return;
  put(thing, target);
}

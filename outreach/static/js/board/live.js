// The page follows the day: a light question every few seconds, the board anew when something has changed.
import { openRuns, theBoard } from "./acts.js";
import { dragging } from "./drag.js";
import { keys } from "./keys.js";
import { moveCars } from "./links.js";

const EVERY_MS = 4000;
let kept = null; // what of the old board must survive the new one
let isOver = false;

export function startLive() {
  setInterval(look, EVERY_MS);
  document.body.addEventListener("htmx:beforeSwap", remember);
  document.body.addEventListener("htmx:afterSettle", restore);
}

function isBusy() {
  const active = document.activeElement;
  const isTyping = active?.matches("#board input, #board select, #board textarea");
  return document.hidden || dragging.thing || keys.thing || isTyping || document.querySelector("#board .htmx-request");
}

async function look() {
  const board = theBoard();
  if (isOver || !board || isBusy()) return;
  const headers = { Accept: "application/json", "X-Background": "1" };
  const answer = await fetch(board.dataset.pulseAt, { headers }).catch(() => null);
  if (answer?.status === 401) isOver = true; // signed out or locked: the next act asks for the password
  if (!answer?.ok) return;
  const { pulse, cars } = await answer.json();
  moveCars(cars);
  if (pulse === board.dataset.pulse || theBoard() !== board || isBusy()) return;
  window.htmx.ajax("GET", board.dataset.fresh, {
    values: { open: openRuns() },
    source: board,
    target: "#board",
    swap: "outerHTML",
    headers: { "X-Background": "1" },
  });
}

function remember(event) {
  const board = theBoard();
  if (event.detail.target !== board) return;
  const active = document.activeElement;
  const holder = active?.closest?.("#board [data-leg]");
  kept = {
    open: new Map([...board.querySelectorAll("[data-run]")].map((run) => [run.id, run.querySelector(".run__more").open])),
    scroll: board.querySelector("[data-drop='waiting']").scrollTop,
    focus: holder ? { leg: holder.dataset.leg, stop: holder.dataset.stop, grip: active.matches("[data-grip]") } : null,
  };
}

function restore() {
  const board = theBoard();
  if (!kept || !board) return;
  const { open, scroll, focus } = kept;
  kept = null;
  for (const [id, isOpen] of open) {
    const more = document.getElementById(id)?.querySelector(".run__more");
    if (more && isOpen) more.open = true;
  }
  board.querySelector("[data-drop='waiting']").scrollTop = scroll;
  if (!focus || board.contains(document.activeElement)) return;
  const same = focus.stop && board.querySelector(`[data-stop="${focus.stop}"]`);
  const holder = same || board.querySelector(`.ride[data-leg="${focus.leg}"], .stop[data-leg="${focus.leg}"]`);
  holder?.querySelector(focus.grip ? "[data-grip]" : "a")?.focus({ preventScroll: true });
}

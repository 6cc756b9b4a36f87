// The dispatcher's board: list, strips and map point at the same thing; rides and stops move by pointer or
// keyboard with the server's exact check beside every run; the page follows what colleagues do.
import { startLinks } from "./board/links.js";
import { startDrag } from "./board/drag.js";
import { startKeys } from "./board/keys.js";
import { startLive } from "./board/live.js";

function start() {
  const board = document.getElementById("board");
  if (!board || board.dataset.started) return;
  board.dataset.started = "yes";
  startLinks(board);
  startDrag(board);
}

startKeys();
startLive();
start();
document.body.addEventListener("htmx:load", start);

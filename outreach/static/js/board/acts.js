// Asking the server: what a change would mean, and the change itself. Every act answers with the whole board.
export const theBoard = () => document.getElementById("board");
export const runOf = (element) => element?.closest("[data-run]") ?? null;
export const runs = () => [...theBoard().querySelectorAll("[data-run]")];

function address(path) {
  const page = new URL(theBoard().dataset.fresh, location.href);
  return `${page.pathname}${path}`;
}

// Which runs are open, so that the answer draws their stops at once.
export function openRuns(also = null) {
  const open = [...theBoard().querySelectorAll(".run__more[open]")].map((more) => runOf(more).dataset.run);
  return [...open, ...(also ? [also] : [])].join(",");
}

export async function ask(path) {
  const url = new URL(address(path), location.href);
  url.searchParams.set("on", theBoard().dataset.on);
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

export function send(path, values) {
  const board = theBoard();
  const url = path.startsWith("/") ? address(path) : path;
  return window.htmx.ajax("POST", url, {
    source: board,
    target: "#board",
    swap: "outerHTML",
    values: { on: board.dataset.on, open: openRuns(values.run), ...values },
  });
}

export function say(text) {
  const live = theBoard()?.querySelector("[data-board-says]");
  if (live) live.textContent = text;
}

// What the page holds of the thing that is dragged: a ride without a car, or a stop of a run.
export function picked(element) {
  const run = runOf(element);
  return {
    element,
    leg: Number(element.dataset.leg),
    stop: element.dataset.stop ? Number(element.dataset.stop) : null,
    name: element.dataset.name ?? "",
    run,
  };
}

export async function showVerdicts(thing) {
  const board = theBoard();
  board.classList.add("is-choosing");
  for (const run of runs()) verdict(run, board.dataset.sayAsking, "");
  const { runs: tries } = await ask(`/legs/${thing.leg}/tries`).catch(() => ({ runs: null }));
  if (!tries) {
    // No answer: nothing is said of any run; the act itself is checked anyway.
    for (const run of board.querySelectorAll("[data-run]")) run.querySelector("[data-verdict]").hidden = true;
    return [];
  }
  if (theBoard() !== board || !board.classList.contains("is-choosing")) return tries;
  for (const one of tries) {
    const run = board.querySelector(`[data-run="${one.run}"]`);
    if (run && !(thing.stop && run === thing.run)) verdict(run, one.words, one.fits ? "yes" : "no");
  }
  return tries;
}

export function verdict(run, words, fits) {
  const line = run.querySelector("[data-verdict]");
  line.hidden = false;
  line.textContent = words;
  run.dataset.fits = fits;
}

export function hideVerdicts() {
  const board = theBoard();
  board?.classList.remove("is-choosing");
  for (const run of board ? runs() : []) {
    run.querySelector("[data-verdict]").hidden = true;
    delete run.dataset.fits;
    run.classList.remove("is-target");
  }
}

export async function showOrder(thing, position) {
  const path = `/runs/${thing.run.dataset.run}/order?stop=${thing.stop}&to=${position}`;
  const found = await ask(path);
  if (thing.run.isConnected) verdict(thing.run, found.words, found.fits ? "yes" : "no");
  return found;
}

// Put a thing where it was let go: another run, another place of its own run, or back among those who wait.
export function put(thing, { run, position, waiting }) {
  const own = thing.run;
  if (waiting) {
    return own && send(`/legs/${thing.leg}/release`, { version: own.dataset.version });
  }
  if (own && run === own) {
    if (position === null) return null;
    return send(`/runs/${own.dataset.run}/stops/${thing.stop}/move`, { version: own.dataset.version, to: position });
  }
  const target = { run: run.dataset.run, version: run.dataset.version };
  if (!own) return send(`/legs/${thing.leg}/assign`, target);
  return send(`/legs/${thing.leg}/move`, {
    ...target,
    from_run: own.dataset.run,
    from_version: own.dataset.version,
  });
}

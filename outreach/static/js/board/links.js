// Hover or focus on a person anywhere lights the same person in the list, on the strip and on the map.
let map = null;
let view = null; // what of the map was looked at, kept when the board is drawn anew

export function startLinks(board) {
  board.addEventListener("pointerover", (event) => light(board, keyAt(event.target)));
  board.addEventListener("pointerleave", () => light(board, null));
  board.addEventListener("focusin", (event) => light(board, keyAt(event.target)));
  board.addEventListener("map-ready", (event) => onMap(board, event.detail));
  const ready = board.querySelector("[data-map]")?.outreachLayers; // the map may be quicker than this script
  if (ready) onMap(board, ready);
}

function keyAt(element) {
  const leg = element.closest?.("[data-leg]");
  if (leg) return `leg-${leg.dataset.leg}`;
  const run = element.closest?.("[data-run]");
  return run ? `run-${run.dataset.run}` : null;
}

function onMap(board, { map: drawn, pins, lines }) {
  map = { drawn, pins, lines };
  if (view) drawn.setView(view.center, view.zoom, { animate: false });
  drawn.on("moveend", () => {
    view = { center: drawn.getCenter(), zoom: drawn.getZoom() };
  });
  for (const pin of pins) {
    const element = pin.getElement();
    if (!pin.key || !element) continue;
    for (const kind of ["pointerenter", "focus"]) element.addEventListener(kind, () => light(board, pin.key, { scroll: true }));
    for (const kind of ["pointerleave", "blur"]) element.addEventListener(kind, () => light(board, null));
  }
}

let lit = null;

function light(board, key, { scroll = false } = {}) {
  if (key === lit && board.querySelector(".is-lit")) return;
  lit = key;
  for (const element of board.querySelectorAll(".is-lit")) element.classList.remove("is-lit");
  for (const layer of map?.lines ?? []) layer.setStyle({ weight: 4, opacity: key?.startsWith("run-") && layer.key !== key ? 0.25 : 1 });
  if (!key) return;
  const [kind, id] = key.split("-");
  const found = [...board.querySelectorAll(`[data-${kind}="${id}"]`)];
  for (const element of found) element.classList.add("is-lit");
  for (const pin of map?.pins ?? []) if (pin.key === key) pin.getElement()?.classList.add("is-lit");
  for (const layer of map?.lines ?? []) if (layer.key === key) layer.setStyle({ weight: 7 }).bringToFront();
  if (scroll) found.find((element) => element.matches("article, li"))?.scrollIntoView({ block: "nearest" });
}

// Cars move on the map without the board being drawn anew; one that is no longer told stays where it was.
export function moveCars(cars) {
  for (const { run, at } of cars) {
    const pin = map?.pins.find((one) => one.key === `run-${run}`);
    if (pin) pin.setLatLng(at);
    else if (map) map.pins.push(addCar(run, at));
  }
}

function addCar(run, at) {
  const { L } = window;
  const plate = document.querySelector(`[data-run="${run}"]`)?.dataset.plate ?? "";
  const html = document.createElement("div");
  html.className = "map-pin map-pin--car";
  html.append(document.createElement("span"));
  const icon = L.divIcon({ html, className: "", iconSize: [28, 28], iconAnchor: [14, 28] });
  return Object.assign(L.marker(at, { icon, title: plate, alt: plate }).addTo(map.drawn), { key: `run-${run}` });
}

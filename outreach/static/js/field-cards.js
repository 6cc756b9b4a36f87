// The same rules of taps as on the server, applied to what this phone knows before the server does.
const AT_THE_DOOR = ["arrived_at_door", "called", "knocked"];

export function applyTold(root, told) {
  for (const one of told) {
    if (one.sort !== "tap" || !one.appointment) continue;
    for (const card of root.querySelectorAll(`[data-appointment="${one.appointment}"]`)) note(card, one);
  }
}

function note(card, one) {
  if (AT_THE_DOOR.includes(one.kind) && one.leg && card.dataset.leg !== String(one.leg)) return;
  if (one.kind === "called") card.dataset.calls = Number(card.dataset.calls) + 1;
  if (one.kind === "knocked") card.dataset.knocks = Number(card.dataset.knocks) + 1;
  if (one.kind === "arrived_at_door") card.dataset.arrived ??= Date.parse(one.at);
  card.dataset.happened = `${card.dataset.happened} ${one.kind}`;
}

export function refreshCards(root, now, words) {
  let isTaken = false;
  const state = root.querySelector("#state")?.dataset ?? {};
  for (const card of root.querySelectorAll("article[data-appointment]")) {
    const happened = happenedOf(card, now);
    for (const part of card.querySelectorAll("[data-bars]")) part.hidden = !isOpen(part, happened);
    const isDone = card.dataset.doneBy.split(" ").some((kind) => happened.has(kind));
    const hasMain = !isDone && card.querySelector("[data-main]:not([hidden])") !== null;
    card.classList.toggle("stop-card--done", isDone);
    card.classList.toggle("stop-card--now", hasMain && !isTaken);
    isTaken ||= hasMain;
    refreshProof(card, now, state, words);
  }
}

function happenedOf(card, now) {
  const happened = new Set(card.dataset.happened.split(" ").filter(Boolean));
  if (card.dataset.due && Number(card.dataset.due) <= now) happened.add("due");
  return happened;
}

function isOpen(part, happened) {
  const bars = part.dataset.bars.split(" ").filter(Boolean);
  if (bars.some((kind) => happened.has(kind))) return false;
  const ways = (part.dataset.needs ?? "").split("|");
  return ways.some((way) => way.split(" ").filter(Boolean).every((kind) => happened.has(kind)));
}

function refreshProof(card, now, state, words) {
  const button = card.querySelector("[data-proven]");
  if (!button) return;
  const waitedS = card.dataset.arrived ? (now - Number(card.dataset.arrived)) / 1000 : 0;
  const proofs = {
    wait: waitedS >= Number(state.waitS),
    calls: Number(card.dataset.calls) >= Number(state.calls),
    knock: Number(card.dataset.knocks) >= Number(state.knocks),
  };
  for (const line of card.querySelectorAll("[data-proof]")) {
    line.classList.toggle("ok", proofs[line.dataset.proof]);
    const count = line.querySelector("[data-count]");
    if (count) count.textContent = line.dataset.proof === "calls" ? card.dataset.calls : card.dataset.knocks;
  }
  const waited = card.querySelector("[data-waited]");
  if (card.dataset.arrived && !proofs.wait) {
    const minutes = Math.max(0, Math.floor(waitedS / 60));
    waited.textContent = words.wait.replace("{minutes}", minutes).replace("{most}", Number(state.waitS) / 60);
  } else waited.textContent = "";
  button.disabled = !Object.values(proofs).every(Boolean);
}

// What the driver has opened stays open when the living part is put in anew.
export function openParts(root) {
  return [...root.querySelectorAll("details[open]")].map(nameOf);
}

export function reopenParts(root, names) {
  for (const part of root.querySelectorAll("details")) if (names.includes(nameOf(part))) part.open = true;
}

function nameOf(part) {
  const place = part.closest("article, section")?.id || part.closest("[data-run]")?.dataset.run || "";
  return `${place}/${part.querySelector("summary").textContent}`;
}

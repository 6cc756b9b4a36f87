// The run's page on a phone: taps are kept and shown at once, sent when there is a network, and the page opens without one.
import { applyTold, openParts, refreshCards, reopenParts } from "./field-cards.js";
import { openStore, wipeAll } from "./field-store.js";
import { Queue } from "./field-sync.js";
import { Whereabouts } from "./field-where.js";
import { untilLifted } from "./press.js";

const LOOK_EVERY_MS = 30_000;
const LATE_MS = 5000;
const run = document.querySelector("#run");
const words = document.querySelector("#script-words")?.dataset ?? {};
const page = { store: null, offset: 0, token: "", etag: "", keptAt: 0, isShut: false, looks: 0, shows: 0 };

const clock = () => new Date(Date.now() + page.offset);
const state = () => run.querySelector("#state")?.dataset ?? {};
const token = () => page.token;
let queue;
let where;

if (run) start();
else if (location.pathname === "/field" && window.isSecureContext) wipeAll();

async function start() {
  page.token = document.querySelector("meta[name=csrf-token]").content;
  const opening = performance.getEntriesByType("navigation")[0];
  if (!("shell" in run.dataset)) setClock(Date.now() - performance.now() + (opening?.responseStart ?? performance.now()));
  queue = new Queue({ address: run.dataset.told, store: null, changed, shut, token });
  queue.renew = renewToken;
  where = new Whereabouts({ address: run.dataset.where, clock, token, moved });
  document.addEventListener("submit", onSubmit, { capture: true });
  document.addEventListener("click", onRing);
  if (!window.isSecureContext) return say(words.insecure);
  page.store = queue.store = await openStore();
  const isKept = "shell" in run.dataset ? await openKept() : await keepPage();
  await queue.load();
  if (isKept) changed();
  queue.flush();
  navigator.serviceWorker?.register(run.dataset.worker, { scope: "/field/" }).catch(() => {});
  window.addEventListener("online", () => { queue.flush(); look(); });
  window.addEventListener("pagehide", () => queue.leave());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  setInterval(look, LOOK_EVERY_MS);
  setInterval(() => { if (!page.isShut) refreshCards(run, clock().getTime(), words); }, 5000);
  if ("shell" in run.dataset) look();
}

function setClock(atMs) {
  const told = Number(state().now);
  if (told) page.offset = told - atMs;
  const left = Number(state().untilS);
  clearTimeout(page.ends);
  if (left) page.ends = setTimeout(() => shut("over"), Math.min(left * 1000, 2 ** 31 - 1));
}

async function keepPage(html = run.innerHTML) {
  page.keptAt = Date.now();
  const untilMs = Date.now() + Number(state().untilS ?? 0) * 1000;
  await page.store?.put("page", { html, token: page.token, offset: page.offset, at: page.keptAt, untilMs });
  return true;
}

async function openKept() {
  const kept = await page.store?.get("page");
  if (!kept || kept.untilMs < Date.now()) {
    await wipeAll();
    run.replaceChildren(line(words.nothingKept));
    return false;
  }
  run.innerHTML = kept.html;
  Object.assign(page, { token: kept.token, offset: kept.offset, keptAt: kept.at });
  page.ends = setTimeout(() => shut("over"), Math.min(kept.untilMs - Date.now(), 2 ** 31 - 1));
  queue.isOffline = true;
  return true;
}

function onSubmit(event) {
  const form = event.target;
  if ("leaves" in form.dataset) return void wipeAll();
  if (!("told" in form.dataset) || !window.isSecureContext) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!page.isShut && form.reportValidity()) tell(form, event.submitter);
}

async function tell(form, button) {
  const asked = Object.fromEntries(new FormData(form));
  if (button?.name) asked[button.name] = button.value;
  for (const name of ["csrf_token", "latitude", "longitude"]) delete asked[name];
  if (!("sort" in asked)) asked.sort = "tap";
  if (asked.kind !== "no_dose") delete asked.result;
  const one = { ...asked, uuid: newId(), at: clock().toISOString() };
  if (button && "place" in button.dataset) return tellWithPlace(one, form, button);
  send(one, form, button);
}

function send(one, form, button) {
  queue.add(one);
  if (button && "closes" in button.dataset) form.hidden = true;
  if (button && "once" in button.dataset) form.closest("details").open = false;
  if (one.sort === "tap" && one.appointment) showNext();
  else say(words.noted);
}

async function tellWithPlace(one, form, button) {
  if (one.kind === "emergency") return tellEmergency(one.run);
  button.disabled = true;
  const place = where.known ?? (await where.look());
  button.disabled = false;
  send({ ...one, ...(place ?? {}) }, form, button);
  say(place ? words.here : words.noPlace);
}

// The call comes first: this never stands in its way, and the place follows when the phone knows it.
async function tellEmergency(runId) {
  const one = { sort: "tap", kind: "emergency", run: runId, uuid: newId(), at: clock().toISOString() };
  queue.add({ ...one, ...(where.known ?? {}) });
  say(words.emergency);
  if (where.known) return;
  const place = await where.look();
  if (place) queue.add({ ...one, ...place, follows: one.uuid, uuid: newId() });
}

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}

function onRing(event) {
  const link = event.target.closest("a[data-rings]");
  if (link?.dataset.rings && window.isSecureContext) tellEmergency(link.dataset.rings);
}

function showNext() {
  const next = run.querySelector(".stop-card--now");
  next?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

// Called whenever the queue changes; ``isSent`` means that the server has heard something new.
function changed(isSent = false) {
  if (page.isShut) return;
  if (!isSent) applyNew();
  refreshCards(run, clock().getTime(), words);
  where.follow(state());
  showSync();
  if (isSent) look();
}

const applied = new Set();
function applyNew() {
  const fresh = [...queue.heard, ...queue.told].filter((one) => !applied.has(one.uuid));
  fresh.forEach((one) => applied.add(one.uuid));
  applyTold(run, fresh);
}

async function look() {
  if (page.isShut || document.hidden || isTyping()) return;
  let answer;
  const asked = { at: Date.now(), number: ++page.looks, heard: [...queue.heard] };
  try {
    const headers = { Accept: "text/html", "X-Background": "1" };
    answer = await fetch(run.dataset.url, { headers: page.etag ? { ...headers, "If-None-Match": page.etag } : headers });
  } catch {
    queue.isOffline = true;
    return showSync();
  }
  queue.isOffline = false;
  if ([401, 403, 404, 410].includes(answer.status)) return shut(answer.status === 403 ? "other" : "over");
  if (answer.status === 200) await putIn(await answer.text(), answer.headers.get("ETag"), asked);
  showSync();
  queue.flush();
}

async function putIn(html, etag, asked) {
  const tookMs = Date.now() - asked.at;
  await untilLifted();
  // Answers may overtake each other: an older one never takes the place of a newer one.
  if (page.isShut || isTyping() || asked.number < page.shows) return;
  page.shows = asked.number;
  page.etag = etag ?? "";
  const open = openParts(run);
  run.innerHTML = html;
  delete run.dataset.shell;
  // An answer that was long under way says nothing of what the time is now.
  if (tookMs < LATE_MS) setClock(asked.at + tookMs / 2);
  // What was heard after this answer was asked for may be missing from it.
  const kept = queue.forgetHeard(asked.heard, keepPage(html));
  applied.clear();
  applyNew();
  reopenParts(run, open);
  refreshCards(run, clock().getTime(), words);
  where.follow(state());
  moved(where.isMoving);
  await kept;
}

function isTyping() {
  const field = document.activeElement;
  return run.contains(field) && /^(INPUT|SELECT|TEXTAREA)$/.test(field.tagName);
}

function moved(isMoving) {
  const note = document.querySelector("#moving");
  note.hidden = !isMoving;
  note.textContent = isMoving ? words.moving : "";
  document.body.classList.toggle("is-moving", isMoving);
  for (const button of run.querySelectorAll(".taps button, details.more button")) button.inert = isMoving;
}

function showSync() {
  const lines = [];
  if (queue.isOffline) lines.push(words.offline);
  if (queue.told.length) lines.push(words.notSent.replace("{count}", queue.told.length));
  else if (!queue.isOffline && queue.refused.length === 0) lines.push(words.allSent);
  if (queue.isOffline && page.keptAt) lines.push(words.asKept.replace("{time}", hour(page.keptAt + page.offset)));
  for (const one of queue.refused) {
    const label = run.querySelector(`button[value="${CSS.escape(one.kind ?? "")}"]`)?.textContent ?? one.kind ?? one.sort;
    lines.push(words.refused.replace("{what}", label).replace("{time}", hour(Date.parse(one.at))).replace("{why}", one.words));
  }
  const box = document.querySelector("#sync");
  box.hidden = false;
  box.dataset.waiting = queue.told.length;
  box.classList.toggle("sync--waiting", queue.isOffline || queue.told.length > 0 || queue.refused.length > 0);
  box.replaceChildren(...lines.map(line));
}

function say(text) {
  document.querySelector("#notices").replaceChildren(notice(text));
}

function notice(text) {
  const part = line(text);
  part.className = "notice notice--info";
  return part;
}

function line(text) {
  const part = document.createElement("p");
  part.textContent = text;
  return part;
}

function hour(ms) {
  return new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: words.zone || undefined });
}

async function renewToken() {
  const answer = await fetch("/field/shell", { headers: { Accept: "text/html" } }).catch(() => null);
  const found = /name="csrf-token" content="([^"]+)"/.exec((await answer?.text()) ?? "");
  if (found) page.token = found[1];
}

// The link is over or another phone holds it: nothing of the run stays here.
async function shut(why) {
  page.isShut = true;
  clearTimeout(page.ends);
  if (page.store) await wipeAll();
  document.cookie = "field_store=; Max-Age=0; path=/field";
  document.querySelector("#sync").hidden = true;
  run.replaceChildren(line(words[why]));
}

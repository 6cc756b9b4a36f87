// The stairwell page: shows the list that lies on the phone, keeps notes, says what is not sent yet.
import { missing, openForm, readFields, readPhoto } from "./form.js";
import { canKeep, countOthers, dropNote, forgetList, keepNote, notesOf, readList } from "./store.js";
import { fetchList, sendNotes } from "./sync.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const [words, needs] = [read("words"), read("needs")];
const { list: listAt, log: logAt, worker: workerAt, idleMinutes } = document.body.dataset;
const at = (id) => document.getElementById(id);
const state = at("state"), queue = at("queue"), list = at("list"), visit = at("visit"), form = at("visit-form");
const RETRY_MS = 20000;
let today = null;
let owner = null;
let isBusy = false;
let isClosed = false;
let touched = Date.now();

function element(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}

async function refresh() {
  if (isBusy) return;
  isBusy = true;
  try {
    await talk();
  } finally {
    isBusy = false;
  }
}

async function talk() {
  const found = await fetchList(listAt, canKeep());
  isClosed = Boolean(found?.closed);
  if (isClosed) {
    today = null;
  } else if (found) {
    [today, owner] = [found.list, found.list.owner];
    const sent = canKeep() ? await sendNotes(logAt, { owner, csrf: found.csrf }) : 0;
    // What was just sent changes the list.
    if (sent) today = (await fetchList(listAt, true))?.list ?? today;
  } else if (canKeep()) {
    today = await readList();
    owner = today?.owner ?? owner;
  }
  await show(Boolean(found && !found.closed));
}

async function show(isConnected) {
  const notes = canKeep() && owner !== null ? await notesOf(owner) : [];
  const others = canKeep() ? await countOthers(owner) : 0;
  const parts = [isClosed ? words.closed : isConnected ? words.online : words.offline];
  if (!canKeep()) parts.push(words.insecure);
  parts.push(notes.length ? words.waiting.replace("{n}", notes.length) : words.none);
  if (others) parts.push(words.others.replace("{n}", others));
  state.textContent = parts.join(" ");
  state.dataset.waiting = notes.length;
  state.dataset.connected = isConnected ? "yes" : "no";
  at("send").hidden = !notes.length;
  showQueue(notes);
  showList(new Set(notes.flatMap((note) => note.fields.filter(([n]) => n === "entry_id" || n === "also").map(([, v]) => String(v)))));
}

function showQueue(notes) {
  queue.hidden = !notes.length;
  queue.replaceChildren(...notes.map(noteLine));
}

function noteLine(note) {
  const line = element("div", "", "stairs-page__note");
  line.append(element("span", `${note.who} · ${note.said}`));
  if (note.faults) {
    line.append(element("strong", `${words.refused} ${Object.values(note.faults).join(" ")}`));
    const again = element("button", note.who, "btn");
    again.type = "button";
    again.addEventListener("click", () => mend(note));
    line.append(again, discardButton(note));
  }
  return line;
}

// A note that the office will never take can be given up, after a second tap that names what is lost.
function discardButton(note) {
  const button = element("button", words.discard, "btn");
  button.type = "button";
  button.addEventListener("click", async () => {
    if (!button.dataset.asked) {
      button.dataset.asked = "yes";
      button.textContent = words.discard_sure.replace("{n}", note.who);
      return;
    }
    await dropNote(note.uuid);
    await show(navigator.onLine);
  });
  return button;
}

function showList(noted) {
  if (!today) {
    list.replaceChildren(element("p", words.empty, "stairs-page__state"));
    return;
  }
  const head = element("p", words.taken.replace("{t}", today.at), "stairs-page__when");
  list.replaceChildren(head, ...today.stairs.map((stairs) => stairsPart(stairs, noted)));
}

function stairsPart(stairs, noted) {
  const part = element("section", "", "stairs");
  part.append(element("h2", `${stairs.name} · ${stairs.community}`, "stairs__name"));
  for (const door of stairs.doors) {
    const box = element("div", "", "door");
    if (door.address && door.address !== stairs.name) box.append(element("div", door.address, "door__address"));
    for (const person of door.people) box.append(personButton(person, door, noted.has(String(person.entry))));
    part.append(box);
  }
  return part;
}

function personButton(person, door, isNoted) {
  const button = element("button", "", "stairs-page__person");
  button.type = "button";
  button.append(element("strong", person.name));
  if (person.age !== null) button.append(element("span", words.age.replace("{n}", person.age)));
  button.append(element("span", person.todo));
  if (isNoted) button.append(element("em", words.done));
  button.addEventListener("click", () => {
    // Where a browser keeps nothing, the page of the office is the form.
    if (canKeep()) openVisit(person, door);
    else location.assign(`/lines/${person.entry}/contact?back=${location.pathname}`);
  });
  return button;
}

function openVisit(person, door) {
  openForm(form, person, door);
  at("visit-title").textContent = `${person.name} · ${person.campaign}`;
  at("missing").hidden = true;
  [list.hidden, visit.hidden] = [true, false];
  at("visit-title").focus();
}

function closeVisit() {
  [list.hidden, visit.hidden] = [false, true];
}

function mend(note) {
  const entry = Number(note.fields.find(([name]) => name === "entry_id")[1]);
  const doors = today?.stairs.flatMap((stairs) => stairs.doors) ?? [];
  const door = doors.find((one) => one.people.some((person) => person.entry === entry));
  const person = door?.people.find((one) => one.entry === entry) ?? { entry, name: note.who, campaign: "", speakers: [] };
  openVisit(person, door ?? { people: [] });
  form.dataset.mends = note.uuid;
  for (const [name, value] of note.fields) {
    for (const field of form.querySelectorAll(`[name="${name}"]`)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked ||= field.value === String(value);
      else if (field.type !== "file" && name !== "at") field.value = value;
    }
  }
}

async function save(event) {
  event.preventDefault();
  const lacking = missing(form, needs);
  at("missing").hidden = !lacking.length;
  at("missing").textContent = words.missing;
  if (lacking.length) {
    form.querySelector(`[name="${lacking[0]}"]`)?.focus();
    return;
  }
  const outcome = form.querySelector("[name=outcome]:checked");
  const note = {
    uuid: form.dataset.mends || crypto.randomUUID(),
    owner,
    at: Date.now(),
    who: at("visit-title").textContent.split(" · ")[0],
    said: form.querySelector(`label[for="${outcome.id}"]`).textContent.trim(),
    fields: readFields(form),
    photo: await readPhoto(form),
  };
  delete form.dataset.mends;
  await keepNote(note);
  closeVisit();
  await show(navigator.onLine);
  refresh();
}

async function watchIdle() {
  if (Date.now() - touched < Number(idleMinutes) * 60000) return;
  touched = Date.now();
  await forgetList();
  today = null;
  closeVisit();
  list.replaceChildren(element("p", words.locked, "stairs-page__state"));
}

for (const sign of ["pointerdown", "keydown", "touchstart", "scroll"]) {
  document.addEventListener(sign, () => (touched = Date.now()), { passive: true });
}
form.addEventListener("submit", save);
at("back").addEventListener("click", closeVisit);
at("send").addEventListener("click", refresh);
window.addEventListener("online", refresh);
window.addEventListener("offline", () => show(false));
setInterval(() => at("state").dataset.waiting !== "0" && refresh(), RETRY_MS);
setInterval(watchIdle, 5000);
if (canKeep() && navigator.serviceWorker) navigator.serviceWorker.register(workerAt, { scope: "/today" });
refresh();

// Fetching the list and sending notes: each with its own number, so that a note sent twice counts once.
import { dropNote, forgetList, keepList, keepNote, notesOf } from "./store.js";

const PATIENCE_MS = 15000;
const json = { Accept: "application/json", "X-Background": "1" };

async function ask(address, options = {}) {
  return fetch(address, { ...options, signal: AbortSignal.timeout(PATIENCE_MS), redirect: "manual" });
}

// Returns {list, csrf}, or null without network or sitting; a closed sitting wipes the list.
export async function fetchList(address, keep) {
  let answer;
  try {
    answer = await ask(address, { headers: json });
  } catch {
    return null;
  }
  if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") {
    await forgetList();
    return { closed: true };
  }
  if (!answer.ok) return null;
  const found = await answer.json();
  if (keep) await keepList(found.list);
  return found;
}

// Sends what waits, oldest first; returns how many arrived. What the office refuses stays, with the reason.
export async function sendNotes(address, { owner, csrf }) {
  let sent = 0;
  for (const note of await notesOf(owner)) {
    if (note.faults) continue;
    const outcome = await sendOne(address, note, csrf);
    if (outcome === "later") break;
    sent += outcome === "sent";
  }
  return sent;
}

async function sendOne(address, note, csrf) {
  const body = new FormData();
  for (const [name, value] of note.fields) body.append(name, value);
  body.set("uuid", note.uuid);
  // How long ago, not when: the phone's clock may be wrong.
  body.set("ago_s", String(Math.max(0, Math.round((Date.now() - note.at) / 1000))));
  if (note.photo) body.append("photo", new Blob([note.photo], { type: "image/jpeg" }), "photo.jpg");
  let answer;
  try {
    answer = await ask(address, { method: "POST", body, headers: { ...json, "X-CSRFToken": csrf } });
  } catch {
    return "later";
  }
  if (answer.ok) {
    await dropNote(note.uuid);
    return "sent";
  }
  if (answer.status !== 422 && answer.status !== 404) return "later";
  const said = await answer.json().catch(() => ({}));
  await keepNote({ ...note, faults: said.faults ?? { note: said.error?.message ?? String(answer.status) } });
  return "refused";
}

// What a phone keeps for the stairs: the day's list and the notes that are not sent yet, both sealed.
// The keys cannot be read out. The list dies with the lock; notes stay until the office has them.
const NAME = "outreach-stairs";
const STORES = ["keys", "list", "notes"];

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function act(store, mode, work) {
  const db = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction(store, mode);
      const asked = work(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

async function key(name) {
  const known = await act("keys", "readonly", (keys) => keys.get(name));
  if (known) return known;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await act("keys", "readwrite", (keys) => keys.put(made, name));
  return made;
}

async function seal(name, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(name), bytes) };
}

async function unseal(name, sealed) {
  return crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, await key(name), sealed.data);
}

const toBytes = (value) => new TextEncoder().encode(JSON.stringify(value));
const fromBytes = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

export const canKeep = () => Boolean(globalThis.isSecureContext && globalThis.indexedDB && crypto.subtle);

export async function keepList(list) {
  const sealed = await seal("list", toBytes(list));
  await act("list", "readwrite", (store) => store.put(sealed, "today"));
}

export async function readList() {
  const sealed = await act("list", "readonly", (store) => store.get("today"));
  if (!sealed) return null;
  try {
    return fromBytes(await unseal("list", sealed));
  } catch {
    return null; // its key is gone
  }
}

export async function forgetList() {
  if (!canKeep()) return;
  await act("list", "readwrite", (store) => store.clear());
  await act("keys", "readwrite", (store) => store.delete("list"));
}

// A note is {uuid, owner, at, fields, photo?, faults?}; only whose it is and what state it is in lie open.
export async function keepNote(note) {
  const { photo, ...plain } = note;
  const row = { owner: note.owner, at: note.at, body: await seal("notes", toBytes(plain)) };
  if (photo) row.photo = await seal("notes", photo);
  await act("notes", "readwrite", (store) => store.put(row, note.uuid));
}

export async function notesOf(owner) {
  const uuids = await act("notes", "readonly", (store) => store.getAllKeys());
  const notes = [];
  for (const uuid of uuids) {
    const row = await act("notes", "readonly", (store) => store.get(uuid));
    if (row?.owner === owner) {
      const note = fromBytes(await unseal("notes", row.body));
      if (row.photo) note.photo = await unseal("notes", row.photo);
      notes.push(note);
    }
  }
  return notes.sort((a, b) => a.at - b.at);
}

export async function countOthers(owner) {
  const rows = await act("notes", "readonly", (store) => store.getAll());
  return rows.filter((row) => row.owner !== owner).length;
}

export async function dropNote(uuid) {
  await act("notes", "readwrite", (store) => store.delete(uuid));
}

// What a phone keeps of one run: sealed with the key that the sitting's cookie carries, gone when that goes.
const NAME = "outreach-field";
const STORE = "kept";
const COOKIE = "field_store";

export async function openStore() {
  const raw = keyBytes();
  const database = await openDatabase();
  const store = new Store(database);
  if (!raw) {
    await store.wipe();
    return null;
  }
  store.key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  await store.dropForeign();
  return store;
}

export async function wipeAll() {
  const database = await openDatabase();
  await new Store(database).wipe();
}

function keyBytes() {
  const found = document.cookie.split("; ").find((part) => part.startsWith(COOKIE + "="));
  if (!found) return null;
  const text = atob(found.slice(COOKIE.length + 1).replace(/^"|"$/g, ""));
  return text.length === 32 ? Uint8Array.from(text, (one) => one.charCodeAt(0)) : null;
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

class Store {
  constructor(database) {
    this.database = database;
    this.key = null;
  }

  async put(id, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, plain);
    await this.#do("readwrite", (kept) => kept.put({ iv, sealed }, id));
  }

  async get(id) {
    return this.#opened(await this.#do("readonly", (kept) => kept.get(id)));
  }

  async remove(id) {
    await this.#do("readwrite", (kept) => kept.delete(id));
  }

  async startingWith(prefix) {
    const ids = (await this.#do("readonly", (kept) => kept.getAllKeys())).filter((id) => id.startsWith(prefix));
    const values = await Promise.all(ids.sort().map((id) => this.get(id)));
    return values.filter((value) => value !== null);
  }

  async wipe() {
    await this.#do("readwrite", (kept) => kept.clear());
  }

  // What an older link left behind cannot be opened with this key: it goes at once.
  async dropForeign() {
    const ids = await this.#do("readonly", (kept) => kept.getAllKeys());
    for (const id of ids) if ((await this.get(id)) === null) await this.remove(id);
  }

  async #opened(row) {
    if (!row) return null;
    try {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, this.key, row.sealed);
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      return null;
    }
  }

  #do(mode, act) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, mode);
      const asked = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

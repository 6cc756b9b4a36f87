// The queue between this phone and the server: kept first, sent when there is a network, shown until it is.
const AT_ONCE = 50;
const RETRY_S = [3, 6, 12, 30, 60];
const SHUT = { link_over: "over", field_door_needed: "over", not_found: "over", another_device: "other", device_waits: "other" };

export class Queue {
  constructor({ address, store, changed, shut, token }) {
    Object.assign(this, { address, store, changed, shut, token });
    this.told = [];
    this.heard = []; // accepted, but not yet in the page that the server drew
    this.refused = [];
    this.failures = 0;
    this.isOffline = false;
  }

  async load() {
    if (!this.store) return;
    const kept = await this.store.startingWith("told:");
    const early = this.told; // tapped before the store was open
    this.told = [...kept, ...early];
    await Promise.all(early.map((one) => this.store.put(this.#id(one), one)));
    this.heard = await this.store.startingWith("heard:");
    this.refused = await this.store.startingWith("refused:");
  }

  add(one) {
    this.told.push(one);
    const kept = this.store?.put(this.#id(one), one);
    this.changed();
    this.flush();
    return kept;
  }

  async flush() {
    if (this.isBusy || !this.told.length) return;
    this.isBusy = true;
    clearTimeout(this.timer);
    const batch = this.told.slice(0, AT_ONCE);
    // keepalive: what was tapped just before the page closes still leaves.
    const answer = await post(this.address, { told: batch }, this.token());
    this.isBusy = false;
    if (answer.status === 200) await this.#settle(answer.body.taken);
    else this.#failed(answer);
    this.changed(answer.status === 200);
    if (answer.status === 200 && this.told.length) this.flush();
  }

  // The page closes: what is not under way yet leaves with it. Told twice counts once. Without a network
  // it stays: the queue sends it when there is one.
  leave() {
    if (this.told.length && navigator.onLine) post(this.address, { told: this.told.slice(-AT_ONCE) }, this.token());
  }

  async #settle(taken) {
    this.failures = 0;
    this.isOffline = false;
    const answers = new Map(taken.map((one) => [one.uuid, one]));
    const settled = this.told.filter((one) => answers.has(one.uuid));
    this.told = this.told.filter((one) => !answers.has(one.uuid));
    for (const one of settled) {
      await this.store?.remove(this.#id(one));
      const { error, words } = answers.get(one.uuid);
      const [list, name, value] = error ? [this.refused, "refused", { ...one, words }] : [this.heard, "heard", one];
      list.push(value);
      await this.store?.put(`${name}:${one.uuid}`, value);
    }
  }

  // The page holds them now; the store lets go of them once it has ``kept`` that page.
  async forgetHeard(known, kept) {
    this.heard = this.heard.filter((one) => !known.includes(one));
    await kept;
    for (const one of known) await this.store?.remove(`heard:${one.uuid}`);
  }

  #failed(answer) {
    const shut = SHUT[answer.body?.error?.code];
    if (shut) return this.shut(shut);
    this.isOffline = answer.status === 0;
    const wait = RETRY_S[Math.min(this.failures, RETRY_S.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.flush(), wait * 1000);
    if (answer.body?.error?.code === "csrf") this.renew?.();
  }

  #id(one) {
    return `told:${one.at}:${one.uuid}`;
  }
}

export async function post(address, body, token) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token, "X-Background": "1" },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  }
}

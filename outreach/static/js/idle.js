// Locks a screen that nobody touches: the server locks by itself too, this hides what is on show.
import { forgetList } from "./stairs/store.js";

const SIGNS = ["pointerdown", "pointermove", "keydown", "scroll", "touchstart"];
const SHARED = "outreach-last-sign"; // one person at several tabs is one person

export function startIdleLock(body) {
  const minutes = Number(body.dataset.idleMinutes);
  if (!minutes) return;
  const note = () => localStorage.setItem(SHARED, String(Date.now()));
  for (const sign of SIGNS) document.addEventListener(sign, note, { passive: true });
  note();
  setInterval(() => {
    const idleFor = Date.now() - Number(localStorage.getItem(SHARED) ?? 0);
    if (idleFor > minutes * 60000) lock(body.dataset.lock);
  }, 5000);
}

async function lock(address) {
  await Promise.race([forgetList().catch(() => {}), new Promise((go) => setTimeout(go, 500))]);
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const values = {
    csrf_token: document.querySelector("meta[name=csrf-token]").content,
    next: location.pathname + location.search,
  };
  for (const [name, value] of Object.entries(values)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

// Small conveniences of every page: closing notices and menus, copying, focus on what is wrong, upload size.
import { isPressed } from "./press.js";

export function startSimple() {
  document.documentElement.classList.remove("no-js");
  show(document);
  document.body.addEventListener("htmx:load", (event) => show(event.detail.elt));
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("change", checkFile);
  document.addEventListener("submit", onSubmit);
  document.body.addEventListener("htmx:beforeSwap", letThePressEnd);
}

const ONLY_WITH_SCRIPT = "[data-dismiss], [data-copy], [data-close-details], [data-palette-open], [data-print]";

function show(root) {
  for (const element of root.querySelectorAll?.(ONLY_WITH_SCRIPT) ?? []) element.hidden = false;
  root.querySelector?.("[data-focus]")?.focus();
}

function onClick(event) {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest(dismiss.dataset.dismiss)?.remove();
  const copy = event.target.closest("[data-copy]");
  if (copy) copyFrom(copy);
  const close = event.target.closest("[data-close-details]");
  if (close) closeDetails(close.closest("details"));
  if (event.target.closest("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details.menu[open], details.confirm[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

function onKey(event) {
  if (event.key !== "Escape") return;
  const open = document.activeElement?.closest("details.menu[open], details.confirm[open]");
  if (open) closeDetails(open);
}

function closeDetails(details) {
  details.open = false;
  details.querySelector("summary").focus();
}

// What refreshes by itself leaves a page under a finger as it is: it asks again soon.
function letThePressEnd(event) {
  const { elt, requestConfig } = event.detail;
  const asksAgain = requestConfig.headers["X-Background"] && !elt.matches("[hx-trigger*=once]");
  if (asksAgain && isPressed()) event.detail.shouldSwap = false;
}

async function copyFrom(button) {
  const source = document.querySelector(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without HTTPS there is no clipboard: select the text, so that Ctrl-C takes it.
    source.select?.();
    document.execCommand?.("copy");
  }
  button.querySelector("span").textContent = button.dataset.copied;
}

function checkFile(event) {
  const field = event.target;
  const most = Number(field.dataset?.maxBytes ?? 0);
  if (!most || !field.files?.length) return;
  field.setCustomValidity(field.files[0].size > most ? field.dataset.tooLarge : "");
  field.reportValidity();
}

function onSubmit(event) {
  // A form sent twice by an impatient finger acts once; going back revives it.
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  setTimeout(() => delete form.dataset.sent, 10000);
}

if (document.querySelector("script[src*='simple.js']")) startSimple();

// Starts what a staff page asks for by data-attributes; every part also works without it where a form can.
import { startSimple } from "./simple.js";
import { startPalette } from "./palette.js";
import { startIdleLock } from "./idle.js";
import { forgetList } from "./stairs/store.js";

const LAZY = { "[data-map]": "./map.js", "[data-chart]": "./chart.js", "[data-shrink]": "./shrink.js" };

function startLazy(root) {
  for (const [selector, module] of Object.entries(LAZY)) {
    const found = root.matches?.(selector) ? [root] : [...root.querySelectorAll(selector)];
    const fresh = found.filter((element) => !element.dataset.started);
    if (!fresh.length) continue;
    for (const element of fresh) element.dataset.started = "yes";
    import(module).then(({ start }) => fresh.forEach(start));
  }
}

startSimple();
startPalette(document.querySelector("[data-palette]"));
startIdleLock(document.body);
startLazy(document);
// A screen that was left or locked keeps nobody's list of the day.
if (["/login", "/unlock"].includes(location.pathname)) forgetList().catch(() => {});
document.body.addEventListener("htmx:load", (event) => startLazy(event.detail.elt));

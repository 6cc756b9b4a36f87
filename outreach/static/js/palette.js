// Ctrl-K: one box that finds people, runs and pages; arrows choose, Enter opens, Escape closes.
export function startPalette(dialog) {
  if (!dialog) return;
  const text = dialog.querySelector("input[name=text]");
  const form = dialog.querySelector("form");
  const hits = () => [...dialog.querySelectorAll("[role=option]")];
  const chosen = () => dialog.querySelector("[aria-selected=true]");

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    text.select();
    form.dispatchEvent(new CustomEvent("palette-open"));
  }

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    text.setAttribute("aria-activedescendant", option.id);
  }

  function move(step) {
    const all = hits();
    if (!all.length) return;
    const at = all.indexOf(chosen());
    choose(all[(at + step + all.length) % all.length]);
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) open();
    if (event.target.closest("[data-palette-close]") || event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.key === "Enter" && event.target === text) {
      event.preventDefault();
      chosen()?.click();
    }
  });
  dialog.addEventListener("htmx:afterSwap", () => choose(hits()[0]));
}

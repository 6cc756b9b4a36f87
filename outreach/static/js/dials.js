// Shows the number that a slider stands at, while it moves.
for (const dial of document.querySelectorAll("[data-dial]")) {
  const shown = document.getElementById(dial.dataset.dial);
  dial.addEventListener("input", () => {
    shown.value = dial.value;
  });
}

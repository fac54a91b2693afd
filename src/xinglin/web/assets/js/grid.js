// A grid of fields: Enter and the arrow down lead to the next one, the arrow up to the one before; after the last, Enter
// leads to the button that sends the form.

document.addEventListener("keydown", (event) => {
  const grid = event.target.closest?.("[data-grid]");
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!grid || !step || event.ctrlKey || event.altKey || event.isComposing) return;
  if (event.target.matches("select") && event.key !== "Enter") return;
  const fields = [...grid.querySelectorAll("input:not([type=hidden]), select")];
  const next = fields[fields.indexOf(event.target) + step];
  if (!next && event.key !== "Enter") return;
  event.preventDefault();
  if (next) {
    next.focus();
    next.select?.();
  } else {
    grid.closest("form").querySelector("button[type=submit]")?.focus();
  }
});

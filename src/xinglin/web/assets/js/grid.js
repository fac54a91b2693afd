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

// A button with data-fills='{"field": "text"}' writes the texts into the fields of that name in the form beside it; what
// somebody has typed already stays, and the text comes after it.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-fills]");
  if (!button) return;
  let first = null;
  for (const [name, text] of Object.entries(JSON.parse(button.dataset.fills))) {
    const field = button.closest("section, .scroll").querySelector(`form [name="${CSS.escape(name)}"]`);
    if (!field || field.value.includes(text)) continue;
    field.value = field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    first ||= field;
  }
  first?.focus();
});

// Panels of which one is shown: a button with data-panel="id" shows it, hides its fellows of the same data-panels group,
// and leads to the first field.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-panel]");
  const panel = button && document.getElementById(button.dataset.panel);
  if (!panel) return;
  for (const other of document.querySelectorAll(`[data-panels="${CSS.escape(panel.dataset.panels)}"]`)) {
    other.hidden = other !== panel;
  }
  for (const each of button.parentElement.querySelectorAll("[data-panel]")) {
    each.setAttribute("aria-pressed", String(each === button));
  }
  panel.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});

// Keyboard: whatever carries data-key="Ctrl+S" is clicked, or focused where it is a field; arrows walk in lists.

const FIELDS = "input, textarea, select";

const name = (event) => {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // With Alt, some layouts give another character; the physical key is what the hint on the screen means.
  const letter = /^(Key|Digit)(.)$/.exec(event.code || "");
  const key = letter && (event.altKey || event.ctrlKey) ? letter[2] : event.key;
  if (event.shiftKey && key.length > 1) parts.push("Shift");
  parts.push(key.length === 1 ? key.toUpperCase() : key);
  return parts.join("+");
};

const visible = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? true;
const scope = () => [...document.querySelectorAll("dialog[open]")].at(-1) || document;

const press = (event) => {
  const wanted = name(event);
  const typing = event.target.matches?.(FIELDS) || event.target.isContentEditable;
  if (typing && wanted.length === 1) return;
  const sought = `[data-key="${CSS.escape(wanted)}"]`;
  const usable = (element) => visible(element) && !element.disabled;
  // The form that somebody types in goes first: its key must not end the visit.
  const own = [...(event.target.closest?.("form")?.querySelectorAll(sought) || [])].find(usable);
  const target = own || [...scope().querySelectorAll(sought)].find(usable);
  if (!target) return;
  event.preventDefault();
  if (target.matches(FIELDS)) {
    target.focus();
    target.select?.();
  } else {
    target.focus();
    target.click();
  }
};

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

const walk = (event) => {
  const list = event.target.closest?.("[data-list]");
  if (!list || event.ctrlKey || event.altKey || event.target.matches("textarea, select")) return;
  const items = [...list.querySelectorAll("[data-item]")].filter(visible);
  if (!items.length) return;
  const at = items.indexOf(event.target.closest("[data-item]"));
  let next;
  if (event.key in STEPS) next = items[Math.min(items.length - 1, Math.max(0, at + STEPS[event.key]))];
  else if (event.key === "Home" && at >= 0) next = items[0];
  else if (event.key === "End" && at >= 0) next = items.at(-1);
  if (!next) return;
  event.preventDefault();
  next.focus();
};

// From a search field an arrow leads into the list that it filters.
const enter = (event) => {
  const list = event.target.dataset?.walks;
  if (event.key !== "ArrowDown" || !list) return;
  const first = document.getElementById(list)?.querySelector("[data-item]");
  if (first) {
    event.preventDefault();
    first.focus();
  }
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  enter(event);
  if (!event.defaultPrevented) walk(event);
  if (!event.defaultPrevented) press(event);
});

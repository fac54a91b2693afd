// A field that searches a view while one types (WAI-ARIA combobox with list autocomplete).

const WAIT = 140;
let serial = 0;

const parts = (box) => ({
  input: box.querySelector("[role=combobox]"),
  value: box.querySelector("input[type=hidden]"),
  list: box.querySelector("[role=listbox]"),
});

const show = (box, open) => {
  const { input, list } = parts(box);
  list.hidden = !open;
  input.setAttribute("aria-expanded", String(open));
  if (!open) input.removeAttribute("aria-activedescendant");
};

const options = (box) => [...parts(box).list.querySelectorAll("[role=option]")];

const activate = (box, index) => {
  const all = options(box);
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  if (all[index]) {
    parts(box).input.setAttribute("aria-activedescendant", all[index].id);
    all[index].scrollIntoView({ block: "nearest" });
  }
};

const search = async (box) => {
  const { input, list } = parts(box);
  const mine = ++serial;
  const address = new URL(box.dataset.combo, location.href);
  address.searchParams.set(box.dataset.parameter || "text", input.value.trim());
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok || mine !== serial) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  list.replaceChildren(...page.body.childNodes);
  options(box).forEach((option, at) => { option.id = `${list.id}-${at}`; });
  show(box, true);
  activate(box, 0);
};

const reset = (field) => {
  delete field.dataset.filled;
  if (field.matches("select")) for (const option of field.options) option.selected = option.defaultSelected;
  else field.value = field.defaultValue;
};

// Whatever the chosen row knows about other fields of the form is filled in, unless the person has typed there. What
// another row filled in before is taken back first: one medicine's dose must not stay for the next.
const fill = (form, option) => {
  for (const field of form?.elements || []) if (field.dataset?.filled !== undefined) reset(field);
  const known = JSON.parse(option.dataset.fill || "{}");
  for (const [name, value] of Object.entries(known)) {
    const field = form?.elements.namedItem(name);
    if (!field || field.type === "hidden" || value === null || value === "") continue;
    if (field.dataset?.typed !== undefined) continue;
    field.value = value;
    if (field.dataset) field.dataset.filled = "";
  }
};

const choose = (box, option) => {
  const { input, value } = parts(box);
  value.value = option.dataset.value;
  input.value = option.dataset.label;
  input.dataset.label = option.dataset.label;
  show(box, false);
  const form = box.closest("form");
  fill(form, option);
  value.dispatchEvent(new Event("change", { bubbles: true }));
  input.dispatchEvent(new CustomEvent("chosen", { bubbles: true }));
  if (box.dataset.submit !== undefined) form.requestSubmit();
  else if (box.dataset.then) form.elements.namedItem(box.dataset.then)?.focus();
};

const timers = new WeakMap();
document.addEventListener("input", (event) => {
  const box = event.target.closest?.("[data-combo]");
  if (!box || event.target !== parts(box).input) {
    if (event.target.dataset && event.isTrusted) {
      event.target.dataset.typed = "";
      delete event.target.dataset.filled;
    }
    return;
  }
  parts(box).value.value = "";
  clearTimeout(timers.get(box));
  if (!event.target.value.trim()) return show(box, false);
  timers.set(box, setTimeout(() => search(box), WAIT));
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-combo]");
  if (!box || event.target !== parts(box).input || event.isComposing) return;
  const { list } = parts(box);
  const all = options(box);
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" && list.hidden) search(box);
  else if (event.key === "ArrowDown") activate(box, Math.min(all.length - 1, at + 1));
  else if (event.key === "ArrowUp") activate(box, Math.max(0, at - 1));
  else if (event.key === "Enter" && !event.ctrlKey && !list.hidden && all[at]) choose(box, all[at]);
  else if (event.key === "Escape" && !list.hidden) show(box, false);
  else return;
  event.preventDefault();
}, true);

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.("[data-combo] [role=option]");
  if (option) {
    event.preventDefault();
    choose(option.closest("[data-combo]"), option);
  }
});

document.addEventListener("focusout", (event) => {
  const box = event.target.closest?.("[data-combo]");
  if (!box || box.contains(event.relatedTarget)) return;
  show(box, false);
  const { input, value } = parts(box);
  // A text that was not chosen from the list names nothing; leaving it would look as if it did.
  if (!value.value && box.dataset.keep === undefined) input.value = "";
});

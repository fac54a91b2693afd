// In forms that name a source of phrases, `;abc` and Tab becomes the text that abc stands for. Tab then leads from blank
// to blank, each `___`, before it leaves the field.

const SHORTCUT = /[;；]([^\s;；]{1,20})$/;
const BLANK = "___";

const toBlank = (field, from) => {
  const at = field.value.indexOf(BLANK, from);
  if (at < 0) return false;
  field.setSelectionRange(at, at + BLANK.length);
  return true;
};

const expand = async (field, source, letters) => {
  const address = new URL(source, location.href);
  address.searchParams.set("text", letters);
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = [...page.querySelectorAll("[data-fill]")].map((option) => JSON.parse(option.dataset.fill));
  const starts = found.filter((each) => each.shortcut.toLowerCase().startsWith(letters.toLowerCase()));
  const chosen = found.find((each) => each.shortcut.toLowerCase() === letters.toLowerCase()) || (starts.length === 1 && starts[0]);
  const caret = field.selectionStart;
  const typed = SHORTCUT.exec(field.value.slice(0, caret));
  // What was typed meanwhile counts for more than what was asked for.
  if (!chosen || !typed || typed[1] !== letters) return;
  field.setRangeText(chosen.text, caret - typed[0].length, caret, "end");
  toBlank(field, caret - typed[0].length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey || event.isComposing) return;
  if (!field.matches?.("textarea, input[type=text]")) return;
  const source = field.form?.querySelector("[data-phrases]")?.dataset.phrases;
  if (!source) return;
  const typed = SHORTCUT.exec(field.value.slice(0, field.selectionStart));
  if (typed) {
    event.preventDefault();
    expand(field, source, typed[1]);
  } else if (toBlank(field, field.selectionEnd)) {
    event.preventDefault();
  }
}, true);

// A list marked data-sort="form" is put in order by dragging, or by Alt and the arrow keys on its entries; the form that
// it names is then sent with the values in their new order.

const listOf = (element) => element.closest?.("[data-sort]");
const entry = (element) => element.closest?.("[data-sort] > [data-value]");

const send = (list) => {
  const form = document.getElementById(list.dataset.sort);
  const fields = form.querySelectorAll("input[name=order]");
  [...list.children].forEach((item, at) => { fields[at].value = item.dataset.value; });
  form.querySelector("[name=_key]").value = crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`;
  form.requestSubmit();
};

let dragged = null;
let before = "";
const order = (list) => [...list.children].map((item) => item.dataset.value).join(" ");

document.addEventListener("dragstart", (event) => {
  dragged = entry(event.target);
  if (!dragged) return;
  before = order(listOf(dragged));
  event.dataTransfer.effectAllowed = "move";
  dragged.classList.add("dragged");
});
document.addEventListener("dragover", (event) => {
  const over = entry(event.target);
  if (!dragged || !over || listOf(over) !== listOf(dragged)) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  if (over !== dragged) over[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
});
document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
document.addEventListener("dragend", () => {
  if (!dragged) return;
  const list = listOf(dragged);
  dragged.classList.remove("dragged");
  dragged = null;
  if (list && order(list) !== before) send(list);
});

document.addEventListener("keydown", (event) => {
  const item = entry(event.target);
  if (!item || item !== event.target || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  const other = event.key === "ArrowUp" ? item.previousElementSibling : item.nextElementSibling;
  event.preventDefault();
  if (!other) return;
  other[event.key === "ArrowUp" ? "before" : "after"](item);
  item.focus();
  send(listOf(item));
});

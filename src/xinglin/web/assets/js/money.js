// The cashier's sums, in integer cents so that no binary fraction shows up.

const cents = (text) => {
  const match = /^\s*(\d+)(?:\.(\d{1,2}))?\s*$/.exec(text || "");
  return match ? Number(match[1]) * 100 + Number((match[2] || "").padEnd(2, "0")) : null;
};
const plain = (amount) => (amount / 100).toFixed(2);
const shown = (amount) => `${amount < 0 ? "−" : ""}¥ ${plain(Math.abs(amount))}`;
// Cash is rounded to ten fen, a half up, as the server does it.
const inCash = (amount) => Math.floor((amount + 5) / 10) * 10;

const recount = (box) => {
  const due = cents(box.dataset.due);
  const given = cents(box.querySelector("[data-given]")?.value);
  const output = box.querySelector("[data-change]");
  const method = box.querySelector("[data-method]:checked, select[data-method]")?.value;
  for (const part of box.querySelectorAll("[data-cash-only]")) part.hidden = Boolean(method) && method !== "cash";
  if (due === null) return;
  const others = [...box.querySelectorAll("[data-part]")].reduce((sum, part) => sum + (cents(part.value) || 0), 0);
  const left = Math.max(due - others, 0);
  const rest = box.querySelector("[data-rest]");
  if (rest) rest.textContent = shown(left);
  if (!output) return;
  const change = given === null ? null : given - inCash(left);
  output.textContent = change === null ? "—" : shown(change);
  output.classList.toggle("high", change !== null && change < 0);
};

// What is ticked on the bill is what is paid: the forms beside it take its items and its sum.
const choose = (bill) => {
  const boxes = [...bill.querySelectorAll("[data-amount]")];
  if (!boxes.length) return;
  const chosen = boxes.filter((box) => box.checked);
  const sum = chosen.reduce((total, box) => total + cents(box.dataset.amount), 0);
  for (const output of document.querySelectorAll("[data-sum]")) output.textContent = shown(sum);
  for (const form of document.querySelectorAll("[data-pays]")) {
    const owner = form.closest("form");
    owner.querySelector("[name=total]").value = plain(sum);
    for (const old of owner.querySelectorAll("[name=charges]")) old.remove();
    for (const box of chosen.length < boxes.length ? chosen : []) {
      owner.append(Object.assign(document.createElement("input"), { type: "hidden", name: "charges", value: box.value }));
    }
    form.dataset.due = plain(sum);
    for (const button of owner.querySelectorAll("[type=submit]")) button.disabled = !chosen.length;
    recount(form);
  }
};

// Notes and coins that are counted at the end of a shift.
const count = (box) => {
  const sum = [...box.querySelectorAll("[data-worth]")].reduce(
    (total, field) => total + cents(field.dataset.worth) * (Number.parseInt(field.value, 10) || 0), 0);
  const difference = sum - cents(box.dataset.expected);
  box.querySelector("[data-counted]").textContent = shown(sum);
  const output = box.querySelector("[data-difference]");
  output.textContent = shown(difference);
  output.classList.toggle("high", difference !== 0);
  box.querySelector("[data-explain]").hidden = difference === 0;
};

for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => {
    const box = event.target.closest?.("[data-due]");
    if (box) recount(box);
    const bill = event.target.closest?.("[data-bill]");
    if (bill) choose(bill);
    const drawer = event.target.closest?.("[data-expected]");
    if (drawer) count(drawer);
  });
}
const all = () => {
  document.querySelectorAll("[data-due]").forEach(recount);
  document.querySelectorAll("[data-bill]").forEach(choose);
  document.querySelectorAll("[data-expected]").forEach(count);
};
document.addEventListener("live", all);
document.addEventListener("htmx:load", all);
all();

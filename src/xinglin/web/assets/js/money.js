// The cashier's change, in integer cents so that no binary fraction shows up.

const cents = (text) => {
  const match = /^\s*(\d+)(?:\.(\d{1,2}))?\s*$/.exec(text || "");
  return match ? Number(match[1]) * 100 + Number((match[2] || "").padEnd(2, "0")) : null;
};

const recount = (box) => {
  const due = cents(box.dataset.due);
  const given = cents(box.querySelector("[data-given]")?.value);
  const output = box.querySelector("[data-change]");
  const method = box.querySelector("[data-method]:checked, select[data-method]")?.value;
  for (const part of box.querySelectorAll("[data-cash-only]")) part.hidden = Boolean(method) && method !== "cash";
  if (!output || due === null) return;
  const rest = given === null ? null : given - due;
  output.textContent = rest === null ? "—" : `${rest < 0 ? "−" : ""}¥ ${(Math.abs(rest) / 100).toFixed(2)}`;
  output.classList.toggle("high", rest !== null && rest < 0);
};

for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => {
    const box = event.target.closest?.("[data-due]");
    if (box) recount(box);
  });
}
const all = () => document.querySelectorAll("[data-due]").forEach(recount);
document.addEventListener("live", all);
all();

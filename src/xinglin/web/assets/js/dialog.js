// Forms in a dialog, questions before what cannot be undone, and printing.

const dialog = () => document.getElementById("dialog");
const body = () => document.getElementById("dialog-body");

export const close = () => {
  if (dialog()?.open) dialog().close();
};

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== body() || !body().childElementCount) return;
  document.getElementById("dialog-title").textContent = body().querySelector("[data-title]")?.dataset.title || "";
  // htmx takes up new content a moment later; a quick finger would send the form past it.
  htmx.process(body());
  if (!dialog().open) dialog().showModal();
  const first = body().querySelector("[aria-invalid=true], [autofocus], input:not([type=hidden]), textarea, select, button");
  first?.focus();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  const printed = event.target.closest("[data-print]");
  if (printed) {
    const target = document.getElementById(printed.dataset.print);
    const mark = (on) => {
      target.classList.toggle("printing", on);
      document.body.classList.toggle("prints", on);
    };
    mark(true);
    addEventListener("afterprint", () => mark(false), { once: true });
    print();
  }
});

document.addEventListener("close", (event) => {
  if (event.target !== dialog()) return;
  const renew = body().querySelector("[data-renew]");
  body().replaceChildren();
  if (renew) document.body.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
}, true);

// htmx asks before a request; the question stands in our own dialog, with the verb on its button.
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const ask = document.getElementById("confirm");
  ask.querySelector("[data-question]").textContent = event.detail.question;
  const yes = ask.querySelector("[data-yes]");
  const verb = event.detail.elt.dataset.verb;
  if (verb) yes.textContent = verb;
  yes.onclick = () => {
    ask.close();
    event.detail.issueRequest(true);
  };
  ask.showModal();
  yes.focus();
});

// After a change the page asks for itself again and takes over the regions marked data-live whose content is new.
// A region that holds unsaved input is left alone: nobody loses a sentence because a colleague called a patient.
import { carry } from "./toast.js";
import { close } from "./dialog.js";

const shown = new Map();
const dirty = (region) =>
  region.querySelector("form[data-dirty], form[data-autosave]:focus-within, .htmx-request") || region.closest("form[data-dirty]");
// Idempotency keys are new in every rendering and say nothing about the content.
const content = (region) => region.innerHTML.replace(/name="_key" value="[^"]*"/g, "");

const remember = (page) => {
  for (const region of page.querySelectorAll("[data-live][id]")) shown.set(region.id, content(region));
};

const take = (region, fresh) => {
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  for (const { name, value } of [...fresh.attributes]) region.setAttribute(name, value);
  region.replaceChildren(...fresh.childNodes);
  htmx.process(region);
  region.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

let running = null;
export const refresh = async (sent = null) => {
  if (running) await running;
  running = (async () => {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
    if (answer.redirected || !answer.ok) {
      if (answer.redirected || answer.status === 401) location.reload();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const region of document.querySelectorAll("[data-live][id]")) {
      const fresh = page.getElementById(region.id);
      if (!fresh || dirty(region)) continue;
      const text = content(fresh);
      // The region of a form that was just sent is renewed even when the server shows the same: it holds what was typed.
      if (text === shown.get(region.id) && !(sent && region.contains(sent))) continue;
      shown.set(region.id, text);
      take(region, fresh);
    }
  })().catch(() => {}).finally(() => { running = null; });
  return running;
};

document.addEventListener("changed", async (event) => {
  const sent = event.target.closest?.("form");
  if (sent) delete sent.dataset.dirty;
  close();
  await refresh(sent);
});

// A button that ends the work on a page saves first what another form still holds: data-after names that form.
document.addEventListener("htmx:confirm", (event) => {
  const first = document.getElementById(event.detail.elt.dataset?.after || "");
  if (!first || first.dataset.dirty === undefined || event.detail.question) return;
  event.preventDefault();
  first.addEventListener("htmx:afterRequest", (done) => {
    if (done.detail.successful) event.detail.issueRequest(true);
  }, { once: true });
  first.requestSubmit();
});

document.addEventListener("go", (event) => {
  if (event.detail.toast) carry(event.detail.toast);
  for (const form of document.querySelectorAll("form[data-dirty]")) delete form.dataset.dirty;
  location.assign(event.detail.to);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-guard]");
  if (form) form.dataset.dirty = "";
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.elt.matches?.("form")) delete event.detail.elt.dataset.dirty;
});

addEventListener("beforeunload", (event) => {
  // What saves itself is sent when the page goes, and kept where that fails.
  if (document.querySelector("form[data-dirty]:not([data-autosave])")) event.preventDefault();
});

remember(document);
const seconds = Number(document.body.dataset.poll || 0);
// What ends within seconds is looked at more often, as long as it is on the page.
setInterval(() => { if (!document.hidden && document.querySelector("[data-poll-soon]")) refresh(); }, 1500);
if (seconds) setInterval(() => { if (!document.hidden) refresh(); }, seconds * 1000);

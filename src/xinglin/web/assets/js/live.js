// After a change the page asks for itself again and takes over the regions marked data-live whose content is new.
// A region that holds unsaved input is left alone: nobody loses a sentence because a colleague called a patient.
import { carry } from "./toast.js";
import { close } from "./dialog.js";

const shown = new Map();
const dirty = (region) => region.querySelector("form[data-dirty]") || region.closest("form[data-dirty]");
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
export const refresh = async () => {
  if (running) return running;
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
      if (text === shown.get(region.id)) continue;
      shown.set(region.id, text);
      take(region, fresh);
    }
  })().catch(() => {}).finally(() => { running = null; });
  return running;
};

document.addEventListener("changed", async () => {
  close();
  await refresh();
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
  if (document.querySelector("form[data-dirty]")) event.preventDefault();
});

remember(document);
const seconds = Number(document.body.dataset.poll || 0);
if (seconds) setInterval(() => { if (!document.hidden) refresh(); }, seconds * 1000);

// Forms marked data-autosave are saved while one types. What the server can't take (it does not answer, the session has
// ended) is kept in this window and put back when the page is open again, for the same person only.

const PAUSE = 2500;
const LONGEST = 10000;
const timers = new WeakMap();
const since = new WeakMap();

const forms = () => [...document.querySelectorAll("form[data-autosave]")];
const slot = (form) => `draft:${document.body.dataset.account}:${form.id}`;
const values = (form) => new URLSearchParams([...new FormData(form)].filter(([name]) => !name.startsWith("_")));
const typed = (form) => {
  const held = values(form);
  held.delete("base");
  held.sort();
  return held.toString();
};

const say = (form, name, text = "") => {
  form.dataset.saving = name;
  const place = form.querySelector("[data-saved]");
  if (place) place.textContent = text;
};

const keep = (form) => {
  try { sessionStorage.setItem(slot(form), values(form).toString()); } catch { /* a window that may keep nothing */ }
};
const forget = (form) => {
  try { sessionStorage.removeItem(slot(form)); } catch { /* nothing was kept */ }
};

const move = (form, tag) => {
  const version = /"(\d+)"/.exec(tag || "");
  const base = form.elements.namedItem("base");
  if (version && base) base.value = version[1];
};

const send = async (form, leaving = false) => {
  clearTimeout(timers.get(form));
  since.delete(form);
  if (form.dataset.dirty === undefined || !form.isConnected) return;
  const body = new URLSearchParams([...new FormData(form)]);
  body.set("_key", crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`);
  const sent = typed(form);
  keep(form);
  say(form, "busy");
  try {
    const answer = await fetch(form.action, {
      method: "POST", body, keepalive: leaving, headers: { "HX-Request": "true" }, redirect: "error",
    });
    if (answer.status !== 204) return say(form, "failed");
    move(form, answer.headers.get("ETag"));
    forget(form);
    if (typed(form) === sent) delete form.dataset.dirty;
    const now = new Date();
    const clock = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
    say(form, "done", `${form.dataset.autosave} ${clock}`);
  } catch {
    say(form, "failed");
  }
};

const plan = (form) => {
  if (!since.has(form)) since.set(form, Date.now());
  clearTimeout(timers.get(form));
  const left = LONGEST - (Date.now() - since.get(form));
  timers.set(form, setTimeout(() => send(form), Math.max(0, Math.min(PAUSE, left))));
};

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-autosave]");
  if (form) {
    keep(form);
    plan(form);
  }
});

// Saved by hand: the next save goes on from there.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches?.("form[data-autosave]") || !event.detail.successful) return;
  clearTimeout(timers.get(form));
  since.delete(form);
  forget(form);
  move(form, event.detail.xhr.getResponseHeader("ETag"));
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) for (const form of forms()) send(form, true);
});
addEventListener("pagehide", () => { for (const form of forms()) send(form, true); });

// What was kept is put back, and whatever belongs to somebody else is thrown away.
const restore = () => {
  if (!document.body.dataset.account) return;
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("draft:") && !name.startsWith(`draft:${document.body.dataset.account}:`)) {
      sessionStorage.removeItem(name);
    }
  }
  for (const form of forms()) {
    const kept = sessionStorage.getItem(slot(form));
    if (kept === null) continue;
    for (const [name, value] of new URLSearchParams(kept)) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value;
    }
    form.dataset.dirty = "";
    say(form, "failed");
    plan(form);
  }
};
try { restore(); } catch { /* a window that may keep nothing */ }

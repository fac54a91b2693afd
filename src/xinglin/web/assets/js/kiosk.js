// A kiosk forgets whoever leaves: without a touch for a while it returns to the start. Numbers are typed on the screen.

const seconds = Number(document.body.dataset.idle);
const start = document.body.dataset.start;
let waiting;

const again = () => {
  clearTimeout(waiting);
  // At the start nothing is shown of anybody, so it may stay.
  if (document.body.dataset.resting === undefined) waiting = setTimeout(() => location.replace(start), seconds * 1000);
};
for (const kind of ["pointerdown", "keydown", "touchstart"]) document.addEventListener(kind, again, { passive: true });
again();

// Pages of whoever was here before must not come back by the browser's own memory.
addEventListener("pageshow", (event) => { if (event.persisted) location.replace(start); });

document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-type]");
  const field = key && document.querySelector("[data-pad]");
  if (!field) return;
  field.value = key.dataset.type ? field.value + key.dataset.type : field.value.slice(0, -1);
  field.focus();
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id !== "identify" || event.detail.successful) return;
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const said = page.querySelector(".form-note span, .error span")?.textContent || document.body.dataset.failed;
  const fault = document.getElementById("fault");
  fault.querySelector("span").textContent = said;
  fault.hidden = false;
});

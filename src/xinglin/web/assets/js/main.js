import "./toast.js";
import "./dialog.js";
import "./keys.js";
import "./live.js";
import "./autosave.js";
import "./phrases.js";
import "./combobox.js";
import "./money.js";
import "./files.js";
import "./grid.js";
import "./photos.js";
import "./panels.js";
import "./sort.js";
import { toast } from "./toast.js";

// What the server could not answer in its own words.
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline, "danger"));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) location.reload();
  else toast(`${document.body.dataset.failed} (${status})`, "danger");
});

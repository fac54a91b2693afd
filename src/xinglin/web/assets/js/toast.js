// Short messages in the corner, read out by screen readers; one may be carried over to the next page.

const CARRIED = "xinglin.toast";
const SECONDS = { good: 4, danger: 9 };

const icon = (name) => {
  const source = document.querySelector("meta[name=icons]").content;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${source}#${name}`);
  svg.append(use);
  return svg;
};

export const toast = (text, tone = "good") => {
  const place = document.getElementById("toasts");
  const box = document.createElement("div");
  box.className = `toast ${tone}`;
  box.append(icon(tone === "danger" ? "alert" : "check"), document.createTextNode(text));
  place.append(box);
  // A popover stands above an open dialog; showing it again brings it to the top.
  place.hidePopover?.();
  place.showPopover?.();
  setTimeout(() => {
    box.remove();
    if (!place.childElementCount) place.hidePopover?.();
  }, 1000 * SECONDS[tone]);
};

export const carry = (text) => {
  try { sessionStorage.setItem(CARRIED, text); } catch { /* the page says it by its state */ }
};

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));
try {
  const text = sessionStorage.getItem(CARRIED);
  sessionStorage.removeItem(CARRIED);
  if (text) toast(text);
} catch { /* as above */ }

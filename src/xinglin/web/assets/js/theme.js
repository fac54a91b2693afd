// Runs before the first paint, so that a dark screen does not flash white: the choice of theme and density is the
// person's on this machine, not the hospital's data.
(() => {
  const root = document.documentElement;
  const read = (name) => {
    try { return localStorage.getItem(`xinglin.${name}`); } catch { return null; }
  };
  const apply = () => {
    const theme = read("theme") || "auto";
    const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "dark" : "light";
    root.dataset.density = read("density") || "normal";
  };
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  addEventListener("storage", apply);

  const mark = () => {
    for (const button of document.querySelectorAll("[data-set]")) {
      const [name, value] = button.dataset.set.split(":");
      const current = read(name) || (name === "theme" ? "auto" : "normal");
      button.setAttribute("aria-pressed", String(current === value));
    }
  };
  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-set]");
    if (!button) return;
    const [name, value] = button.dataset.set.split(":");
    try { localStorage.setItem(`xinglin.${name}`, value); } catch { /* private window: the choice lasts for the page */ }
    root.dataset[name] = value;
    apply();
    mark();
  });
})();

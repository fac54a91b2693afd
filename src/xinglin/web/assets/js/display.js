// A television renews itself for days: it says new calls when the voice is on, and takes up a new version once a day.

const DAY = 24 * 3600 * 1000;
const REPEATS = 2;
const said = new Set();
const button = document.getElementById("voice");
let speaking = false;

const speak = (text) => {
  for (let time = 0; time < REPEATS; time += 1) {
    const words = new SpeechSynthesisUtterance(text.replace(/\*+/g, "某"));
    words.lang = document.documentElement.lang;
    words.rate = 0.9;
    speechSynthesis.speak(words);
  }
};

const look = (first = false) => {
  for (const row of document.querySelectorAll("[data-call]")) {
    if (said.has(row.dataset.call)) continue;
    said.add(row.dataset.call);
    if (first) continue;
    row.classList.add("fresh");
    if (speaking) speak(row.dataset.say);
  }
  // Calls that the board does not show any more need not be remembered.
  const shown = new Set([...document.querySelectorAll("[data-call]")].map((row) => row.dataset.call));
  for (const call of said) if (!shown.has(call)) said.delete(call);
};

const show = (on) => {
  speaking = on && "speechSynthesis" in window;
  button.setAttribute("aria-pressed", String(speaking));
  button.querySelector("[data-on]").hidden = !speaking;
  button.querySelector("[data-off]").hidden = speaking;
};

button.addEventListener("click", () => show(!speaking));
document.addEventListener("live", () => look());
show(document.body.dataset.voice === "1");
look(true);

// Only where the server answers: otherwise the last board is better than an error page.
setInterval(async () => {
  const answer = await fetch(location.href, { headers: { "X-Live": "1" } }).catch(() => null);
  if (answer?.ok) location.reload();
}, DAY);

// A file field with data-reads="id" puts the text of the chosen file into that field. Nothing is sent: the form does it.

const text = (bytes) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes); // what spreadsheets in China write
  }
};

document.addEventListener("change", async (event) => {
  const field = document.getElementById(event.target.dataset?.reads || "");
  const file = event.target.files?.[0];
  if (!field || !file) return;
  field.value = text(await file.arrayBuffer());
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

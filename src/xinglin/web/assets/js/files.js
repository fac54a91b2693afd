// A file field with data-reads="id" puts the text of the chosen file into that field; a workbook comes
// as a data URL. Nothing is sent: the form does it.

const text = (bytes) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes); // what spreadsheets in China write
  }
};

const dataUrl = (file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result);
  reader.onerror = failed;
  reader.readAsDataURL(file);
});

document.addEventListener("change", async (event) => {
  const field = document.getElementById(event.target.dataset?.reads || "");
  const file = event.target.files?.[0];
  if (!field || !file) return;
  field.value = file.name.toLowerCase().endsWith(".xlsx") ? await dataUrl(file) : text(await file.arrayBuffer());
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

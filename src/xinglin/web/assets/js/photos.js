// A file field with data-shrinks="id" makes the chosen picture small and puts it, as a data URL, into that field. What was
// in the file besides the picture, such as where it was taken, does not leave the browser.

const WIDTH = 240;
const HEIGHT = 320;

document.addEventListener("change", async (event) => {
  const field = document.getElementById(event.target.dataset?.shrinks || "");
  const file = event.target.files?.[0];
  if (!field || !file) return;
  const shown = document.getElementById(`${field.id}-shown`);
  field.value = "";
  shown.hidden = true;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.max(WIDTH / picture.width, HEIGHT / picture.height);
    const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
    const [width, height] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
    field.value = canvas.toDataURL("image/jpeg", 0.85);
    shown.src = field.value;
    shown.hidden = false;
  } catch {
    field.value = "data:,"; // no picture: the server says what is accepted
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// Photos made small before they travel: a phone's picture of 6 MB says no more at a glance than one of 30 kB.

// Returns the photo of a file as a JPEG blob whose longer side is at most `side` pixels.
export async function shrunk(file, side) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}

// A file field with data-shrink="pixels" sends the small photo; what is no photo goes as it is and is refused.
export function start(field) {
  field.addEventListener("change", async () => {
    const [file] = field.files;
    if (!file) return;
    const send = field.form.querySelector("button");
    send.disabled = true;
    try {
      const small = new File([await shrunk(file, Number(field.dataset.shrink))], "photo.jpg", { type: "image/jpeg" });
      const instead = new DataTransfer();
      instead.items.add(small);
      field.files = instead.files;
    } catch {
      // Not a picture that this browser can read: the server says so in words.
    } finally {
      send.disabled = false;
    }
  });
}

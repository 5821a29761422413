"use strict";
// A picture's pixels, as every page reads them: over white, from a file or from the camera.

const MOST = 1 << 24; // pixels that are taken from a picture whole

class Unreadable extends Error {}

// The pixels of a file, and the canvas that they are on. Throws an Unreadable where the file is no picture.
async function opened(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => {
    throw new Unreadable();
  });
  try {
    return drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

function drawn(picture, width, height) {
  let part = 1;
  while ((width / part) * (height / part) > MOST && Math.min(width, height) / part >= 4 * model.prepare.resize) part *= 2;
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width / part);
  canvas.height = Math.ceil(height / part);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return { canvas, pixels: pen.getImageData(0, 0, canvas.width, canvas.height).data };
}

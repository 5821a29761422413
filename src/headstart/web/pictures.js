"use strict";
// A picture's pixels, as every page reads them: over white, from a file or from the camera.

const MOST = 1 << 24; // pixels that are taken from a picture whole
const NOISE = 4; // levels of 256 by which a canvas may be off: no more than decoders differ

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

// Browsers guard against tracking by changing what a page reads from a canvas: some by a little noise, some so that nothing
// is left of the picture. Throws an Error then.
function checkCanvas() {
  noise ??= noiseOf(16);
  if (noise > NOISE) throw new Error("hides_pictures");
}

let noise; // of this browser's canvas, once it was looked for

function noiseOf(side) {
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
  canvas.width = canvas.height = side;
  const image = pen.createImageData(side, side);
  image.data.forEach((_, i) => (image.data[i] = i % 4 === 3 ? 255 : i % 251));
  pen.putImageData(image, 0, 0);
  return Math.max(...pen.getImageData(0, 0, side, side).data.map((v, i) => Math.abs(v - image.data[i])));
}

function drawn(picture, width, height) {
  checkCanvas();
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

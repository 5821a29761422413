"use strict";
// A picture's pixels, as every page reads them: over white, from a file or from the camera.

const MOST = 1 << 24; // pixels that are taken from a picture whole
const HEAD = 1 << 20; // bytes of a file in which its profile lies
const NOISE = 4; // levels of 256 by which a canvas may be off: no more than decoders differ

class Unreadable extends Error {}

// The pixels of a file, and the canvas that they are on. Throws an Unreadable where the file is no picture, or cannot be read:
// it is a folder, or was moved since.
async function opened(file) {
  const bitmap = await withoutProfile(file)
    .then((plain) => createImageBitmap(plain, { colorSpaceConversion: "none" }))
    .catch(() => {
      throw new Unreadable();
    });
  try {
    return drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

// WebKit applies the profile of colours that a file brings, whatever it is asked. Networks have learnt without, so a JPEG's and a
// PNG's is cut out.
async function withoutProfile(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD).arrayBuffer()), parts = [];
  let at = 0;
  for (const [start, end] of profiles(new DataView(bytes.buffer), (from, to) => String.fromCharCode(...bytes.subarray(from, to)))) {
    parts.push(file.slice(at, start));
    at = end;
  }
  return at ? new Blob([...parts, file.slice(at)], { type: file.type }) : file;
}

// Where profiles lie in the head of a file. view: of its bytes; text: these as text.
function* profiles(view, text) {
  if (text(0, 2) === "\xff\xd8") {
    for (let at = 2, end; at + 4 <= view.byteLength && view.getUint8(at) === 0xff && view.getUint8(at + 1) !== 0xda; at = end) {
      end = at + 2 + view.getUint16(at + 2);
      if (text(at + 1, at + 2) === "\xe2" && text(at + 4, at + 15) === "ICC_PROFILE") yield [at, end];
    }
  } else if (text(1, 4) === "PNG") {
    for (let at = 8, end; at + 8 <= view.byteLength && text(at + 4, at + 8) !== "IDAT"; at = end) {
      end = at + 12 + view.getUint32(at);
      if (text(at + 4, at + 8) === "iCCP") yield [at, end];
    }
  }
}

// Browsers guard against tracking by changing what a page reads from a canvas: some by a little noise, some so that nothing
// is left of the picture. Throws an Error "hides_pictures" then.
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

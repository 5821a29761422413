"use strict";
// From a decoded picture to the network's input, as headstart.data.preprocess does it: the shorter side to `resize`, then
// the centre. Filters are Pillow's, in its whole numbers, so that pixels agree to the last bit.

const FILTERS = {
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  bicubic: [2, (x) => cubic(Math.abs(x))],
  lanczos: [3, (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
};
const BITS = 22; // of a weight's fraction

// Keys 1981, "Cubic convolution interpolation for digital image processing".
function cubic(x) {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

// pixels: `step` numbers a pixel, red, green and blue first. Uint8Array of size · size · 3.
function prepare(pixels, width, height, step, { size, resize, interpolation }) {
  const short = Math.min(width, height);
  const wide = width <= height ? resize : Math.trunc((resize * width) / height);
  const high = height <= width ? resize : Math.trunc((resize * height) / width);
  const left = halfEven((wide - size) / 2), top = halfEven((high - size) / 2);
  const asIs = short === resize || interpolation === "nearest";
  const across = asIs ? picked(width, wide, left, size) : weighed(width, wide, left, size, interpolation);
  const down = asIs ? picked(height, high, top, size) : weighed(height, high, top, size, interpolation);
  const first = Math.min(...down.map((row) => row.first)), last = Math.max(...down.map((row) => row.first + row.weights.length));
  const rows = new Uint8Array((last - first) * size * 3);
  for (let y = first; y < last; y++) {
    for (let x = 0; x < size; x++) gather(pixels, (y * width + across[x].first) * step, step, across[x].weights, rows, ((y - first) * size + x) * 3);
  }
  const frame = new Uint8Array(size * size * 3), line = size * 3;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) gather(rows, (down[y].first - first) * line + x * 3, line, down[y].weights, frame, y * line + x * 3);
  }
  return frame;
}

function gather(from, at, step, weights, to, place) {
  let r = 1 << (BITS - 1), g = r, b = r;
  for (let k = 0, i = at; k < weights.length; k++, i += step) {
    r += from[i] * weights[k];
    g += from[i + 1] * weights[k];
    b += from[i + 2] * weights[k];
  }
  to[place] = byte(r);
  to[place + 1] = byte(g);
  to[place + 2] = byte(b);
}

function byte(sum) {
  const value = sum >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

// Of each of `count` new pixels from `start` on: the first old one that it is made of, and the weights from there on.
function weighed(old, made, start, count, interpolation) {
  const [support, filter] = FILTERS[interpolation], scale = old / made, spread = Math.max(1, scale);
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * spread + 0.5));
    const end = Math.min(old, Math.trunc(centre + support * spread + 0.5));
    const raw = [];
    for (let x = first; x < end; x++) raw.push(filter((x - centre + 0.5) * (1 / spread)));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((w) => whole(w / sum)) };
  });
}

function whole(weight) {
  return Math.trunc(weight * (1 << BITS) + (weight < 0 ? -0.5 : 0.5));
}

// Added up as Pillow adds them up, whose roundings decide where a place falls on an edge.
function picked(old, made, start, count) {
  const found = [], step = old / made;
  for (let i = 0, at = step / 2; i < start + count; i++, at += step) {
    if (i >= start) found.push({ first: Math.min(old - 1, Math.floor(at)), weights: [1 << BITS] });
  }
  return found;
}

// As Python rounds.
function halfEven(x) {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
}

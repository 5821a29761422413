"use strict";
// What the engine can do to one picture. A value is { data: Float32Array, shape }. A map's shape is [channels, height,
// width]; its numbers lie place by place, the channels of a place side by side. A vector's shape is [features].

const ROWS = 48; // places whose windows are laid out at a time: they stay in the processor's cache

// out[m, n] = bias[n] + sum over k of a[m, k] · b[n, k]. Four rows by four columns at a time: eight numbers are read for
// sixteen products. A row of out is `step` long.
function product(a, from, b, bias, out, at, rows, columns, depth, step) {
  const whole = rows - (rows % 4);
  let n = 0;
  for (; n + 4 <= columns; n += 4) {
    for (let m = 0; m < whole; m += 4) tile(a, from + m * depth, b, n * depth, bias, n, out, at + m * step + n, depth, step);
    for (let m = whole; m < rows; m++) line(a, from + m * depth, b, n * depth, bias, n, out, at + m * step + n, depth);
  }
  for (; n < columns; n++) {
    for (let m = 0; m < rows; m++) {
      let sum = bias[n];
      for (let k = 0, i = from + m * depth, j = n * depth; k < depth; k++) sum += a[i + k] * b[j + k];
      out[at + m * step + n] = sum;
    }
  }
}

function tile(a, i0, b, j0, bias, n, out, at, depth, step) {
  const i1 = i0 + depth, i2 = i1 + depth, i3 = i2 + depth;
  const j1 = j0 + depth, j2 = j1 + depth, j3 = j2 + depth;
  let s00 = bias[n], s01 = bias[n + 1], s02 = bias[n + 2], s03 = bias[n + 3];
  let s10 = s00, s11 = s01, s12 = s02, s13 = s03;
  let s20 = s00, s21 = s01, s22 = s02, s23 = s03;
  let s30 = s00, s31 = s01, s32 = s02, s33 = s03;
  for (let k = 0; k < depth; k++) {
    const a0 = a[i0 + k], a1 = a[i1 + k], a2 = a[i2 + k], a3 = a[i3 + k];
    const b0 = b[j0 + k], b1 = b[j1 + k], b2 = b[j2 + k], b3 = b[j3 + k];
    s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3;
    s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3;
    s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3;
    s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3;
  }
  out[at] = s00; out[at + 1] = s01; out[at + 2] = s02; out[at + 3] = s03; at += step;
  out[at] = s10; out[at + 1] = s11; out[at + 2] = s12; out[at + 3] = s13; at += step;
  out[at] = s20; out[at + 1] = s21; out[at + 2] = s22; out[at + 3] = s23; at += step;
  out[at] = s30; out[at + 1] = s31; out[at + 2] = s32; out[at + 3] = s33;
}

function line(a, i, b, j0, bias, n, out, at, depth) {
  const j1 = j0 + depth, j2 = j1 + depth, j3 = j2 + depth;
  let s0 = bias[n], s1 = bias[n + 1], s2 = bias[n + 2], s3 = bias[n + 3];
  for (let k = 0; k < depth; k++) {
    const x = a[i + k];
    s0 += x * b[j0 + k]; s1 += x * b[j1 + k]; s2 += x * b[j2 + k]; s3 += x * b[j3 + k];
  }
  out[at] = s0; out[at + 1] = s1; out[at + 2] = s2; out[at + 3] = s3;
}

function convolution(node, [x], out) {
  const [channels] = x.shape, [outputs, height, width] = node.shape;
  const { kernel, strides, before, groups } = node, { weight, bias } = node.tensors;
  const places = height * width;
  const plain = kernel[0] * kernel[1] === 1 && strides[0] * strides[1] === 1 && groups === 1;
  if (plain && height === x.shape[1] && width === x.shape[2] && before[0] + before[1] === 0) {
    for (let p = 0; p < places; p += ROWS) {
      const rows = Math.min(ROWS, places - p);
      product(x.data, p * channels, weight, bias, out.data, p * outputs, rows, outputs, channels, outputs);
    }
    return;
  }
  const each = channels / groups, made = outputs / groups, depth = kernel[0] * kernel[1] * each;
  const windows = new Float32Array(ROWS * depth);
  for (let g = 0; g < groups; g++) {
    const w = weight.subarray(g * made * depth, (g + 1) * made * depth), b = bias.subarray(g * made, (g + 1) * made);
    for (let p = 0; p < places; p += ROWS) {
      const rows = Math.min(ROWS, places - p);
      for (let r = 0; r < rows; r++) lay(node, x, p + r, g * each, each, windows, r * depth);
      product(windows, 0, w, b, out.data, p * outputs + g * made, rows, made, depth, outputs);
    }
  }
}

// What a convolution sees at one place, as one row: zeros where it looks beyond the edge.
function lay(node, x, place, channel, each, windows, at) {
  const [channels, height, width] = x.shape, { kernel, strides, dilations, before } = node, across = node.shape[2];
  const top = Math.floor(place / across) * strides[0] - before[0], left = (place % across) * strides[1] - before[1];
  for (let i = 0; i < kernel[0]; i++) {
    const y = top + i * dilations[0];
    for (let j = 0; j < kernel[1]; j++, at += each) {
      const column = left + j * dilations[1];
      if (y < 0 || y >= height || column < 0 || column >= width) {
        windows.fill(0, at, at + each);
        continue;
      }
      const from = (y * width + column) * channels + channel;
      for (let c = 0; c < each; c++) windows[at + c] = x.data[from + c];
    }
  }
}

function depthwise(node, [x], out) {
  const [channels, height, width] = x.shape, [, down, across] = node.shape;
  const { kernel, strides, dilations, before } = node, { weight, bias } = node.tensors;
  for (let y = 0; y < down; y++) {
    for (let column = 0; column < across; column++) {
      const at = (y * across + column) * channels;
      out.data.set(bias, at);
      for (let i = 0; i < kernel[0]; i++) {
        const row = y * strides[0] - before[0] + i * dilations[0];
        if (row < 0 || row >= height) continue;
        const left = column * strides[1] - before[1], step = dilations[1];
        let j = 0;
        while (j < kernel[1] && left + j * step < 0) j++;
        for (; j + 3 <= kernel[1] && left + (j + 2) * step < width; j += 3) {
          const from = (row * width + left + j * step) * channels;
          three(x.data, from, step * channels, weight, (i * kernel[1] + j) * channels, out.data, at, channels);
        }
        for (; j < kernel[1] && left + j * step < width; j++) {
          const from = (row * width + left + j * step) * channels, tap = (i * kernel[1] + j) * channels;
          for (let c = 0; c < channels; c++) out.data[at + c] += x.data[from + c] * weight[tap + c];
        }
      }
    }
  }
}

function three(x, from, step, weight, tap, out, at, channels) {
  const second = from + step, third = second + step, tap2 = tap + channels, tap3 = tap2 + channels;
  for (let c = 0; c < channels; c++) {
    out[at + c] += x[from + c] * weight[tap + c] + x[second + c] * weight[tap2 + c] + x[third + c] * weight[tap3 + c];
  }
}

function linear(node, [x], out) {
  const { weight, bias } = node.tensors;
  product(x.data, 0, weight, bias, out.data, 0, 1, node.shape[0], x.data.length, node.shape[0]);
}

function maxPool(node, [x], out) {
  pooled(node, x, out, -Infinity, (most, value) => (value > most ? value : most), (sum) => sum);
}

// Padded: what lies beyond the edge counts as zeros, as OpenVINO has it.
function averagePool(node, [x], out) {
  const all = node.kernel[0] * node.kernel[1];
  pooled(node, x, out, 0, (sum, value) => sum + value, (sum, seen) => sum / (node.padded ? all : seen));
}

function pooled(node, x, out, start, take, end) {
  const [channels, height, width] = x.shape, [, down, across] = node.shape, { kernel, strides, dilations, before } = node;
  for (let y = 0; y < down; y++) {
    const rows = inside(y * strides[0] - before[0], kernel[0], dilations[0], height);
    for (let column = 0; column < across; column++) {
      const columns = inside(column * strides[1] - before[1], kernel[1], dilations[1], width);
      const at = (y * across + column) * channels, seen = rows.length * columns.length;
      for (let c = 0; c < channels; c++) {
        let found = start;
        for (const i of rows) for (const j of columns) found = take(found, x.data[(i * width + j) * channels + c]);
        out.data[at + c] = end(found, seen);
      }
    }
  }
}

// Means of windows that reach from one share of the map to the next, overlapping where the map is smaller than what is made.
function adaptive(node, [x], out) {
  const [channels, height, width] = x.shape, [, down, across] = node.shape;
  for (let y = 0; y < down; y++) {
    const top = Math.floor((y * height) / down), low = Math.ceil(((y + 1) * height) / down);
    for (let column = 0; column < across; column++) {
      const left = Math.floor((column * width) / across), right = Math.ceil(((column + 1) * width) / across);
      for (let c = 0, at = (y * across + column) * channels; c < channels; c++) {
        let sum = 0;
        for (let i = top; i < low; i++) for (let j = left; j < right; j++) sum += x.data[(i * width + j) * channels + c];
        out.data[at + c] = sum / ((low - top) * (right - left));
      }
    }
  }
}

// The places of a window that lie within the map.
function inside(first, kernel, dilation, side) {
  const places = Array.from({ length: kernel }, (_, k) => first + k * dilation);
  return places.filter((place) => place >= 0 && place < side);
}

function pad(node, [x], out) {
  const [channels, height, width] = x.shape, across = node.shape[2], [top, left] = node.before;
  out.data.fill(node.value);
  for (let y = 0; y < height; y++) {
    const row = x.data.subarray(y * width * channels, (y + 1) * width * channels);
    out.data.set(row, ((y + top) * across + left) * channels);
  }
}

function mean(node, [x], out) {
  const channels = x.shape[0], places = x.data.length / channels, sums = new Float64Array(channels);
  for (let p = 0, i = 0; p < places; p++) for (let c = 0; c < channels; c++, i++) sums[c] += x.data[i];
  for (let c = 0; c < channels; c++) out.data[c] = sums[c] / places;
}

function affine(node, [x], out) {
  const { scale, shift } = node.tensors, channels = scale.length;
  for (let i = 0, c = 0; i < x.data.length; i++) {
    out.data[i] = x.data[i] * scale[c] + shift[c];
    if (++c === channels) c = 0;
  }
}

const PAIRS = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  squared_difference: (a, b) => (a - b) * (a - b),
};

// Two values of one shape, or one that has a number for each channel, for each place, or for all.
function pair(node, [a, b], out) {
  const of = PAIRS[node.op], left = reach(a.shape, node.shape), right = reach(b.shape, node.shape);
  const channels = node.shape[0], n = out.data.length, x = a.data, y = b.data;
  if (left === "all" && right === "all") {
    if (node.op === "add") for (let i = 0; i < n; i++) out.data[i] = x[i] + y[i];
    else for (let i = 0; i < n; i++) out.data[i] = of(x[i], y[i]);
    return;
  }
  const at = { all: (i) => i, channel: (i) => i % channels, place: (i) => Math.floor(i / channels), one: () => 0 };
  const ofA = at[left], ofB = at[right];
  for (let i = 0; i < n; i++) out.data[i] = of(x[ofA(i)], y[ofB(i)]);
}

function reach(shape, whole) {
  const count = shape.reduce((a, b) => a * b, 1), all = whole.reduce((a, b) => a * b, 1);
  if (count === all) return "all";
  if (count === 1) return "one";
  if (shape[0] === whole[0] && count === whole[0]) return "channel";
  if (shape[0] === 1 && count * whole[0] === all) return "place";
  throw new Error("shapes " + shape + " and " + whole + " do not go together");
}

function concat(node, inputs, out) {
  const all = node.shape[0], places = out.data.length / all;
  let first = 0;
  for (const { data } of inputs) {
    const own = data.length / places;
    for (let p = 0; p < places; p++) out.data.set(data.subarray(p * own, (p + 1) * own), p * all + first);
    first += own;
  }
}

// A map as a vector: channel by channel, as linear layers expect it.
function flatten(node, [x], out) {
  const channels = x.shape[0], places = x.data.length / channels;
  for (let p = 0; p < places; p++) for (let c = 0; c < channels; c++) out.data[c * places + p] = x.data[p * channels + c];
}

function same(node, [x], out) {
  out.data.set(x.data);
}

function sqrt(node, [x], out) {
  for (let i = 0; i < x.data.length; i++) out.data[i] = Math.sqrt(x.data[i]);
}

const sixth = (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6);
const SHAPES = {
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  swish: (x) => x / (1 + Math.exp(-x)),
  hardsigmoid: sixth,
  hardswish: (x) => x * sixth(x),
  tanh: Math.tanh,
};

// What a node's value goes through at last.
function activate(data, [kind, low, high]) {
  if (kind === "relu") for (let i = 0; i < data.length; i++) data[i] = data[i] > 0 ? data[i] : 0;
  else if (kind === "clamp") for (let i = 0; i < data.length; i++) data[i] = data[i] < low ? low : data[i] > high ? high : data[i];
  else for (let i = 0, of = SHAPES[kind]; i < data.length; i++) data[i] = of(data[i]);
}

const OPERATIONS = {
  convolution, depthwise, linear, mean, pad, affine, concat, flatten, sqrt, view: same, activation: same,
  adaptive, max_pool: maxPool, average_pool: averagePool,
  add: pair, subtract: pair, multiply: pair, divide: pair, squared_difference: pair,
};

"use strict";
// Runs a network that graph.py wrote down: one picture in, what the head reads out.

// ---- numbers ----

// All numbers as bytes, from the text that blob.py makes: 32-bit ones, then those of half precision, then those of 8 bits.
async function numbersOf(text, sections) {
  if (typeof DecompressionStream === "undefined") throw new Error("old_browser");
  return shuffled(await piped(bytesOf(text), new DecompressionStream("deflate")), sections, false);
}

// Written, not read from a Blob: WebKit's workers cannot read one in a page that is a file. What fails is told by who reads.
async function piped(bytes, { writable, readable }) {
  const writer = writable.getWriter();
  Promise.all([writer.write(bytes), writer.close()]).catch(() => {});
  return new Uint8Array(await new Response(readable).arrayBuffer());
}

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const plain = atob(text), bytes = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) bytes[i] = plain.charCodeAt(i);
  return bytes;
}

// Of each section the first bytes of all numbers, then the second ones; or, not `apart`, back again.
function shuffled(bytes, { floats, halves, eights }, apart) {
  const out = new Uint8Array(bytes.length);
  let at = 0;
  for (const [count, width] of [[floats, 4], [halves, 2], [eights, 1]]) {
    for (let i = 0; i < count; i++) {
      for (let byte = 0; byte < width; byte++) {
        const whole = at + i * width + byte, split = at + byte * count + i;
        if (apart) out[split] = bytes[whole];
        else out[whole] = bytes[split];
      }
    }
    at += count * width;
  }
  return out;
}

// bytes: as numbersOf() gives them.
function tensorsOf(bytes, sections) {
  const halves = 4 * sections.floats, eights = halves + 2 * sections.halves;
  const floats = new Float32Array(bytes.buffer, 0, sections.floats);
  const half = new Uint16Array(bytes.buffer, halves, sections.halves);
  const eight = new Int8Array(bytes.buffer, eights);
  return ([kind, at, length]) => {
    if (kind === "f") return floats.subarray(at, at + length);
    return kind === "h" ? widened(half.subarray(at, at + length)) : eight.subarray(at, at + length);
  };
}

// Half precision: 1 bit of sign, 5 of exponent, 10 of fraction. Its bits are moved to where a 32-bit number has them, and
// the product with 2^112 puts the exponent right, of the smallest numbers too.
function widened(halves) {
  const bits = new Uint32Array(halves.length), out = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    const h = halves[i];
    bits[i] = ((h & 0x8000) << 16) | ((h & 0x7fff) << 13);
    out[i] *= 5.192296858534828e33;
  }
  return out;
}

class Network {
  constructor(graph, tensor) {
    this.graph = graph;
    this.nodes = graph.nodes.map((node) => ({ ...node, tensors: scaled(held(node.tensors, tensor), node.op) }));
    this.last = lastUses(graph);
    this.spare = new Map(); // arrays that are free again, by their length
    this.table = graph.mean.map((mean, c) => Float32Array.from({ length: 256 }, (_, v) => (v / 255 - mean) / graph.std[c]));
  }

  // frame: pixels as prepare() makes them. The values that cuts and their maps are made of.
  run(frame) {
    const { size } = this.graph, values = new Map([[0, { data: this.normalised(frame), shape: [3, size, size], own: true }]]);
    this.nodes.forEach((node, place) => {
      values.set(node.out, this.value(node, node.in.map((number) => values.get(number))));
      for (const number of this.last.get(place) || []) this.free(values, number);
    });
    return values;
  }

  normalised(frame, out = this.take(frame.length)) {
    for (let i = 0; i < out.length; i++) out[i] = this.table[i % 3][frame[i]];
    return out;
  }

  value(node, inputs) {
    if (node.op === "constant") return { data: node.tensors.values, shape: node.shape };
    const out = { data: this.take(node.shape.reduce((a, b) => a * b, 1)), shape: node.shape, own: true };
    OPERATIONS[node.op](node, inputs, out);
    if (node.act) activate(out.data, node.act);
    return out;
  }

  take(length) {
    const free = this.spare.get(length);
    return free && free.length ? free.pop() : new Float32Array(length);
  }

  free(values, number) {
    const { data, own } = values.get(number);
    values.delete(number);
    if (!own) return;
    if (!this.spare.has(data.length)) this.spare.set(data.length, []);
    this.spare.get(data.length).push(data);
  }
}

function held(tensors, tensor) {
  return Object.fromEntries(Object.entries(tensors).map(([name, place]) => [name, tensor(place)]));
}

// Weights by the scales of their channels. A depthwise convolution has the channels of a place side by side.
function scaled(tensors, op) {
  const { weight, scale } = tensors;
  if (!weight || !scale) return tensors;
  const channels = scale.length, each = weight.length / channels;
  const made = new Float32Array(weight.length), known = weight instanceof Int8Array ? STEPS : null;
  for (let i = 0; i < made.length; i++) {
    const of = scale[op === "depthwise" ? i % channels : Math.floor(i / each)];
    made[i] = (known ? known[weight[i] + 127] : weight[i]) * of;
  }
  return { ...tensors, weight: made };
}

// What the 255 codes of a weight in 8 bits stand for: headstart.web.eights.
const STEPS = Float64Array.from({ length: 255 }, (_, code) => {
  const t = (code - 127) / 127;
  return t * (0.5 + 0.5 * t * t);
});

// What the head, and the map of where it looked, are made of.
function keptOf({ cuts }) {
  return [...new Set(cuts.flatMap((cut) => [cut.value, ...cut.tail, ...(cut.map === null ? [] : [cut.map])]))];
}

// Which values nobody reads after each node; what is kept stays.
function lastUses({ nodes, cuts }) {
  const kept = new Set(keptOf({ cuts })), seen = new Set(), found = new Map();
  for (let place = nodes.length - 1; place >= 0; place--) {
    const over = nodes[place].in.filter((number) => !seen.has(number) && !kept.has(number));
    over.forEach((number) => seen.add(number));
    found.set(place, [...new Set(over)]);
  }
  return found;
}

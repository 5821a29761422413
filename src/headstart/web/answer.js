"use strict";
// From what the head reads to what the page says: probabilities, the class that is called, how like the training
// pictures it is, and where the answer lies in the picture.

class Classifier {
  // numbers: of numbersOf().
  constructor(model, numbers) {
    const tensor = tensorsOf(numbers, model.sections);
    this.model = model;
    this.network = new Network(model, tensor);
    this.head = model.head.map((layer) => ({ ...layer, weight: tensor(layer.weight), bias: tensor(layer.bias) }));
    this.familiar = model.familiar && { ...model.familiar, x: tensor(model.familiar.x), scale: tensor(model.familiar.scale) };
  }

  // frame: Uint8Array of size · size · 3, as prepare() makes it.
  answer(frame) {
    return this.told(this.network.run(frame));
  }

  // values: what the network came to.
  told(values) {
    const features = this.features(values);
    const layers = through(this.head, features), logits = layers.at(-1);
    const probabilities = softmax(logits, this.model.temperature);
    const called = this.called(probabilities);
    return {
      probabilities,
      called,
      among: this.among(probabilities),
      certain: this.certain(probabilities),
      similarity: this.familiar ? similarity(this.familiar, features) : null,
      map: this.map(values, layers, features, probabilities, called),
    };
  }

  // What the head reads, its cuts side by side.
  features(values) {
    return joined(this.model.cuts.map((cut) => values.get(cut.value).data));
  }

  // As headstart.model.decision has it.
  called(probabilities) {
    const { costs, thresholds } = this.model.decision;
    if (costs) return lowest(costs[0].map((_, c) => costs.reduce((sum, row, k) => sum + row[c] * probabilities[k], 0)));
    for (const [place, value] of thresholds) if (probabilities[place] >= value) return place;
    const named = new Set(thresholds.map(([place]) => place));
    return lowest(Array.from(probabilities, (p, place) => (named.has(place) ? 1 : -p)));
  }

  // The set of classes that holds the right one so often as is wanted, the likeliest first: headstart.certainty.conformal.
  among(probabilities) {
    const { sets } = this.model;
    return sets ? ranked(probabilities).filter((c, place) => !place || 1 - probabilities[c] <= sets.score) : null;
  }

  // The finest name of the taxonomy that is as probable as is wanted; the root, which is certain, has the name "".
  certain(probabilities) {
    const { tree } = this.model;
    if (!tree) return null;
    const { names, parents, leaves, sure } = tree, sums = leaves.map((c) => (c < 0 ? 0 : probabilities[c])), depths = [0];
    for (let node = names.length - 1; node; node--) sums[parents[node]] += sums[node];
    for (let node = 1; node < names.length; node++) depths.push(depths[parents[node]] + 1);
    sums[0] = 1;
    const best = lowest(sums.map((p, node) => (p >= sure ? -depths[node] - Math.min(p, 1) / 2 : 1)));
    return { name: names[best], probability: sums[best], leaf: leaves[best] };
  }

  // What each cell of a grid over the picture says for the class, less the others by their probability: the exact
  // class-activation map of headstart.explaining.cam. null where a cut has no places.
  map(values, layers, features, probabilities, wanted) {
    const { cuts, side } = this.model;
    if (cuts.some((cut) => cut.map === null)) return null;
    const pull = back(this.head, layers, contrast(probabilities, wanted)), grid = new Float64Array(side * side);
    let at = 0;
    for (const cut of cuts) {
      const width = values.get(cut.value).data.length, own = pull.subarray(at, at + width), map = values.get(cut.map);
      const said = cut.spread ? ofSpread(map, own) : this.ofTail(cut, values, map, own);
      onGrid(said, map.shape, side).forEach((value, cell) => (grid[cell] += value));
      at += width;
    }
    return Array.from(grid);
  }

  ofTail(cut, values, map, pull) {
    const tail = cut.tail.map((number) => this.network.nodes.find((node) => node.out === number)).reverse();
    let g = pull;
    for (const node of tail) {
      const { data } = values.get(node.out);
      if (node.act) g = g.map((v, i) => (open(data[i], node.act) ? v : 0));
      if (node.op === "linear") g = pulled(g, node.tensors.weight, values.get(node.in[0]).data.length);
      if (node.op === "affine") g = g.map((v, i) => v * node.tensors.scale[i]);
      if (node.op === "mean") return ofMean(map, g);
      if (node.op === "flatten") return ofFlat(map, g);
    }
    throw new Error("a tail without its map");
  }
}

function joined(parts) {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

// The value behind each layer of the head; a ReLU between two.
function through(head, features) {
  const found = [];
  let x = features;
  for (const [place, { weight, bias }] of head.entries()) {
    if (place) x = x.map((v) => (v > 0 ? v : 0));
    const out = new Float32Array(bias.length);
    product(x, 0, weight, bias, out, 0, 1, bias.length, x.length, bias.length);
    found.push((x = out));
  }
  return found;
}

function softmax(logits, temperature) {
  const most = Math.max(...logits), parts = Array.from(logits, (v) => Math.exp((v - most) / temperature));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((v) => v / sum);
}

// Classes, the likeliest first.
function ranked(probabilities) {
  return Array.from(probabilities, (_, c) => c).sort((a, b) => probabilities[b] - probabilities[a]);
}

function lowest(values) {
  return values.reduce((best, value, place) => (value < values[best] ? place : best), 0);
}

// 1 at the wanted class, and in all -1 at the others, each by its probability.
function contrast(probabilities, wanted) {
  const others = probabilities.map((p, c) => (c === wanted ? 0 : p + 1e-12)), sum = others.reduce((a, b) => a + b, 0);
  return Float32Array.from(others, (p, c) => (c === wanted ? 1 : -p / sum));
}

// A gradient at the logits, taken back to the head's input.
function back(head, layers, direction) {
  let g = direction;
  for (let place = head.length - 1; place >= 0; place--) {
    if (place < head.length - 1) g = g.map((v, i) => (layers[place][i] > 0 ? v : 0));
    g = pulled(g, head[place].weight, head[place].weight.length / head[place].bias.length);
  }
  return g;
}

function pulled(g, weight, width) {
  const out = new Float32Array(width);
  g.forEach((v, row) => {
    if (v !== 0) for (let i = 0, at = row * width; i < width; i++) out[i] += v * weight[at + i];
  });
  return out;
}

function open(value, [kind, low, high]) {
  return kind === "relu" ? value > 0 : value > low && value < high;
}

function ofMean({ data, shape: [channels, height, width] }, g) {
  const places = height * width, said = new Float64Array(places);
  for (let p = 0, i = 0; p < places; p++) for (let c = 0; c < channels; c++, i++) said[p] += (data[i] * g[c]) / places;
  return said;
}

function ofFlat({ data, shape: [channels, height, width] }, g) {
  const places = height * width, said = new Float64Array(places);
  for (let p = 0, i = 0; p < places; p++) for (let c = 0; c < channels; c++, i++) said[p] += data[i] * g[c * places + p];
  return said;
}

// Means, and behind them spreads: sigma = sum over places of ((x - mean)² + e) / (places · sigma).
function ofSpread({ data, shape: [channels, height, width] }, g) {
  const places = height * width, said = ofMean({ data, shape: [channels, height, width] }, g), e = 1e-6;
  for (let c = 0; c < channels; c++) {
    let mean = 0, away = 0;
    for (let p = 0; p < places; p++) mean += data[p * channels + c] / places;
    for (let p = 0; p < places; p++) away += (data[p * channels + c] - mean) ** 2 / places;
    const part = g[channels + c] / (places * Math.sqrt(away + e));
    for (let p = 0; p < places; p++) said[p] += part * ((data[p * channels + c] - mean) ** 2 + e);
  }
  return said;
}

// Onto side × side cells, the sum unchanged: as headstart.explaining.grid.
function onGrid(said, [, height, width], side) {
  const down = shares(height, side), across = shares(width, side), half = new Float64Array(side * width);
  for (let i = 0; i < side; i++) for (let q = 0; q < width; q++) for (let p = 0; p < height; p++) half[i * width + q] += down[i][p] * said[p * width + q];
  const grid = new Float64Array(side * side);
  for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) for (let q = 0; q < width; q++) grid[i * side + j] += half[i * width + q] * across[j][q];
  return grid;
}

function shares(old, made) {
  const found = Array.from({ length: made }, (_, i) => Array.from({ length: old }, (_, q) => (made >= old ? onLine(i, q, old, made) : within(i, q, old, made))));
  for (let q = 0; q < old; q++) {
    const sum = found.reduce((all, row) => all + row[q], 0);
    for (const row of found) row[q] /= sum;
  }
  return found;
}

function onLine(i, q, old, made) {
  const at = Math.min(old - 1, Math.max(0, ((i + 0.5) * old) / made - 0.5));
  return Math.max(0, 1 - Math.abs(at - q));
}

function within(i, q, old, made) {
  return Math.max(0, Math.min(((i + 1) * old) / made, q + 1) - Math.max((i * old) / made, q));
}

// The cosine to the k-th nearest training picture; of cuts side by side the mean of theirs.
function similarity({ x, scale, widths, k }, features) {
  const near = new Float32Array(features.length);
  let first = 0;
  for (const width of widths) {
    const length = Math.sqrt(features.subarray(first, first + width).reduce((sum, v) => sum + v * v, 0));
    for (let i = first; i < first + width; i++) near[i] = features[i] / Math.max(length, 1e-12) / Math.sqrt(widths.length);
    first += width;
  }
  const found = Array.from(scale, (unit, row) => {
    let sum = 0;
    for (let i = 0, at = row * near.length; i < near.length; i++) sum += near[i] * x[at + i];
    return sum * unit;
  });
  return found.sort((a, b) => b - a)[Math.min(k, found.length) - 1];
}

// A picture that any language can make, by which a browser is asked whether it calculates rightly.
function checkFrame(size) {
  const frame = new Uint8Array(size * size * 3);
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++) for (let c = 0; c < 3; c++, i++) frame[i] = (7 * x + 13 * y + 85 * c + ((x * y) >> 3)) & 255;
  }
  return frame;
}

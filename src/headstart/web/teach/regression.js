"use strict";
// Multinomial logistic regression with an L2 penalty, solved to a certified optimum: headstart.heads.logistic in the page.
//
// On features z [N, D] (centred, mean squared length 1) and labels y it makes
//     f(W, b) = sum of weight · (-log softmax(z W + b)[y])  +  (l2 / 2) |W|²
// smallest, for several fits (folds) side by side, which share each pass over the features. The optimum is Python's, since
// there is but one. Python turns the features onto all their principal axes; here the first AXES of them steer the search.

const AXES = 48, ROUNDS = 2; // principal axes that are found, and rounds of the search for them
const SMALLEST_SPREAD = 1e-4; // of the typical one: what hardly moves is not blown up
const MEMORY = 6, ITERATIONS = 500, DECREASE = 1e-4;

// Standardisation, measured on x, Float32Array [count · width].
function scalingOf(x, count, width) {
  const mean = new Float64Array(width), scale = new Float64Array(width);
  for (let i = 0, at = 0; i < count; i++) for (let d = 0; d < width; d++, at++) mean[d] += x[at];
  mean.forEach((sum, d) => (mean[d] = sum / count)); // of equal numbers exactly theirs: what never moves has no spread
  for (let i = 0, at = 0; i < count; i++) for (let d = 0; d < width; d++, at++) scale[d] += (x[at] - mean[d]) ** 2 / count;
  const least = SMALLEST_SPREAD * Math.sqrt(scale.reduce((sum, square) => sum + square, 0) / width) || 1;
  return { mean, scale: scale.map((square) => Math.max(Math.sqrt(square), least) * Math.sqrt(width)) };
}

// The features that a head learns from, prepared once for all penalties and folds. labels: [N] in 0 … classes - 1.
class Problem {
  constructor(x, labels, classes) {
    this.labels = labels;
    this.classes = classes;
    this.count = labels.length;
    this.width = x.length / this.count;
    this.scaling = scalingOf(x, this.count, this.width);
    this.z = standardised(x, this.scaling);
    this.across = turned(this.z, this.count, this.width);
    this.axes = leading(this);
  }

  // fits · classes rows of width + 1 numbers; the last of each is the intercept.
  start(fits) {
    return new Theta(new Float32Array(fits * this.classes * this.width), new Float32Array(fits * this.classes));
  }

  // [N · fits · classes]
  logits({ weight, bias }) {
    const out = new Float32Array(this.count * bias.length);
    product(this.z, 0, weight, bias, out, 0, this.count, bias.length, this.width, bias.length);
    return out;
  }

  // f and its gradient. weights: Float32Array [N · fits], 0 where a picture is held out.
  objective(theta, l2, weights) {
    const rows = theta.bias.length, fits = rows / this.classes, scores = this.logits(theta), bias = new Float32Array(rows);
    let value = (l2 / 2) * dot(theta.weight, theta.weight);
    for (let i = 0, at = 0; i < this.count; i++) {
      for (let k = 0; k < fits; k++, at += this.classes) value += pull(scores, at, this.classes, this.labels[i], weights[i * fits + k]);
    }
    for (let at = 0; at < scores.length; at++) bias[at % rows] += scores[at];
    const weight = new Float32Array(rows * this.width), none = new Float32Array(this.width);
    product(turned(scores, this.count, rows), 0, this.across, none, weight, 0, rows, this.width, this.count, this.width);
    for (let at = 0; at < weight.length; at++) weight[at] += l2 * theta.weight[at];
    return { value, gradient: new Theta(weight, bias) };
  }

  // { theta, certified, value, gradient }: the optimum from `start`, whether its gap is certified to be at most `tolerance`
  // of f, and f there. known: f at the start, where somebody knows it.
  solve(l2, start, weights, tolerance, known = null) {
    const fits = start.bias.length / this.classes, learning = new Float64Array(fits);
    weights.forEach((weight, at) => (learning[at % fits] += weight));
    const least = Math.min(...learning), most = Math.max(...learning);
    const certified = ({ value, gradient: { weight, bias } }) => dot(weight, weight) / (2 * l2) + dot(bias, bias) / least <= tolerance * value;
    const objective = (theta) => this.objective(theta, l2, weights);
    return minimise(objective, { theta: start, ...(known || objective(start)) }, (theta) => this.steered(theta, l2, most), certified);
  }

  // The inverse of a bound of the curvature (Böhning 1992), times theta.
  steered({ weight, bias }, l2, most) {
    const { values, rows, columns, rest } = this.axes, outputs = bias.length, count = values.length;
    const share = new Float32Array(outputs * count), out = new Float32Array(weight.length);
    product(weight, 0, rows, new Float32Array(count), share, 0, outputs, count, this.width, count);
    const far = 1 / (rest / 2 + l2);
    for (let at = 0; at < share.length; at++) share[at] *= 1 / (values[at % count] / 2 + l2) - far;
    product(share, 0, columns, new Float32Array(this.width), out, 0, outputs, this.width, count, this.width);
    for (let at = 0; at < out.length; at++) out[at] += far * weight[at];
    return new Theta(out, bias.map((v) => v / (most / 2)));
  }

  // { weight [classes · width], bias [classes] } on plain features, of one fit.
  plain({ weight, bias }) {
    const { mean, scale } = this.scaling, made = weight.map((w, at) => w / scale[at % this.width]);
    const moved = bias.map((b, c) => {
      let sum = b;
      for (let d = 0, at = c * this.width; d < this.width; d++) sum -= (mean[d] / scale[d]) * weight[at + d];
      return sum;
    });
    return { weight: made, bias: moved };
  }
}

function standardised(x, { mean, scale }) {
  const z = new Float32Array(x.length), inverse = scale.map((v) => 1 / v), width = mean.length;
  for (let at = 0; at < x.length; at += width) for (let d = 0; d < width; d++) z[at + d] = (x[at + d] - mean[d]) * inverse[d];
  return z;
}

// f and its gradient, known at one penalty, at another one.
function repriced({ theta, value, gradient }, from, to) {
  const weight = gradient.weight.map((v, at) => v + (to - from) * theta.weight[at]);
  return { value: value + ((to - from) / 2) * dot(theta.weight, theta.weight), gradient: new Theta(weight, gradient.bias) };
}

class Theta {
  constructor(weight, bias) {
    this.weight = weight;
    this.bias = bias;
  }

  times(factor) {
    return new Theta(this.weight.map((v) => v * factor), this.bias.map((v) => v * factor));
  }

  // this + factor · other
  plus(other, factor) {
    return new Theta(this.weight.map((v, at) => v + factor * other.weight[at]), this.bias.map((v, at) => v + factor * other.bias[at]));
  }

  dot(other) {
    return dot(this.weight, other.weight) + dot(this.bias, other.bias);
  }
}

function dot(a, b) {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}

function turned(x, rows, columns) {
  const out = new Float32Array(x.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j];
  return out;
}

// The log-loss of one picture in one fit; its scores become the gradient by them.
function pull(scores, at, classes, label, weight) {
  let most = -Infinity, total = 0;
  for (let c = 0; c < classes; c++) most = Math.max(most, scores[at + c]);
  const own = scores[at + label] - most;
  for (let c = 0; c < classes; c++) total += scores[at + c] = Math.exp(scores[at + c] - most);
  for (let c = 0; c < classes; c++) scores[at + c] *= weight / total;
  scores[at + label] -= weight;
  return weight * (Math.log(total) - own);
}

// The first principal axes of z, by subspace iteration with a Rayleigh-Ritz step at its end (Halko et al. 2011): `values`,
// what z stretches along each; `rest`, at most what it stretches along any other.
function leading({ z, across, count, width }) {
  const wanted = Math.min(AXES, count, width), draw = random(1), none = new Float32Array(Math.max(count, width, wanted));
  let rows = Float32Array.from({ length: wanted * width }, () => draw() - 0.5);
  const seen = new Float32Array(wanted * count), inner = new Float32Array(wanted * wanted);
  for (let round = 0; round <= ROUNDS; round++) {
    orthonormal(rows, wanted, width);
    product(rows, 0, z, none, seen, 0, wanted, count, width, count);
    if (round < ROUNDS) product(seen, 0, across, none, rows, 0, wanted, width, count, width);
  }
  product(seen, 0, seen, none, inner, 0, wanted, wanted, count, wanted);
  const { values, vectors } = jacobi(Float64Array.from(inner), wanted);
  const mixed = new Float32Array(rows.length);
  product(Float32Array.from(vectors), 0, turned(rows, wanted, width), none, mixed, 0, wanted, width, wanted, width);
  return { values, rows: mixed, columns: turned(mixed, wanted, width), rest: Math.max(0, Math.min(...values)) };
}

// Rows made orthonormal one after the other, twice, since once leaves what rounding leaves; a row that has nothing of its
// own becomes zero.
function orthonormal(rows, count, width) {
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * width, (i + 1) * width), before = Math.sqrt(dot(row, row));
    for (let twice = 0; twice < 2; twice++) {
      for (let j = 0; j < i; j++) {
        const other = rows.subarray(j * width, (j + 1) * width), share = dot(row, other);
        for (let d = 0; d < width; d++) row[d] -= share * other[d];
      }
    }
    const length = Math.sqrt(dot(row, row));
    for (let d = 0; d < width; d++) row[d] = length > 1e-5 * before ? row[d] / length : 0;
  }
}

// Eigenvalues and eigenvectors (the rows of `vectors`) of a small symmetric matrix, by Jacobi's rotations.
function jacobi(a, n) {
  const vectors = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) ? 0 : 1));
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) if (a[p * n + q]) rotate(a, vectors, n, p, q);
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * (n + 1)]), vectors };
}

function rotate(a, vectors, n, p, q) {
  const half = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
  const t = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.hypot(half, 1)), c = 1 / Math.hypot(t, 1), s = t * c;
  for (let i = 0; i < n; i++) mix(a, i * n + p, i * n + q, c, s);
  for (let i = 0; i < n; i++) mix(a, p * n + i, q * n + i, c, s);
  for (let i = 0; i < n; i++) mix(vectors, p * n + i, q * n + i, c, s);
}

function mix(a, i, j, c, s) {
  const x = a[i], y = a[j];
  a[i] = c * x - s * y;
  a[j] = s * x + c * y;
}

// L-BFGS as headstart.heads.lbfgs; `steered` takes the place of its diagonal. start, result: { theta, value, gradient }.
function minimise(objective, start, steered, done) {
  let at = start, pairs = [];
  for (let step = 0; step < ITERATIONS && !done(at); step++) {
    const found = search(objective, at, quasiNewton(at.gradient, pairs, steered).times(-1));
    if (!found && !pairs.length) break;
    if (!found) {
      pairs = [];
      continue;
    }
    const pair = { step: found.theta.plus(at.theta, -1), change: found.gradient.plus(at.gradient, -1) };
    if (pair.step.dot(pair.change) > 0) pairs = [...pairs.slice(1 - MEMORY), pair];
    at = found;
  }
  return { ...at, certified: done(at) };
}

function search(objective, { theta, value, gradient }, direction) {
  const promise = gradient.dot(direction);
  for (let length = 1; length > 1e-6 && promise < 0; length /= 2) {
    const moved = theta.plus(direction, length), found = objective(moved);
    if (found.value <= value + DECREASE * length * promise) return { theta: moved, ...found };
  }
  return null;
}

function quasiNewton(gradient, pairs, steered) {
  const shares = [];
  let result = gradient;
  for (const { step, change } of [...pairs].reverse()) {
    shares.unshift(step.dot(result) / step.dot(change));
    result = result.plus(change, -shares[0]);
  }
  const last = pairs.at(-1), scale = last ? last.step.dot(last.change) / last.change.dot(steered(last.change)) : 1;
  result = steered(result).times(scale);
  pairs.forEach(({ step, change }, place) => (result = result.plus(step, shares[place] - change.dot(result) / step.dot(change))));
  return result;
}

// Numbers from 0 to 1 that are the same for the same seed (mulberry32).
function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

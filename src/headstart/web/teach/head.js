"use strict";
// The head for the pictures' features, its penalty chosen by cross-validation: headstart.heads.head in the page.

const GRID = [10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.001]; // penalties, strong to weak
const FOLDS = 5, FEW_PER_CLASS = 5, FEW_L2 = 0.3, PATIENCE = 2, CLEARLY = 3;
const ROUGH = 5e-2, FINAL = 5e-5; // certified gap as a share of the objective: in folds, at the end
const FLOOR = Math.log(1e-4); // one hopeless picture shall not decide

// x: Float32Array [N · width]; labels [N]; groups [N]: pictures of one group are never parted. fold [N]: dealt() where it
// is not given. { head, l2, heldOut }; heldOut: log-probabilities [N · classes] by heads that learnt from other groups,
// null where the pictures are too few to choose by.
function solve(x, labels, classes, groups, fold = null, tell = () => {}) {
  const problem = new Problem(x, labels, classes), everyone = new Float32Array(labels.length).fill(1);
  if (typicalCount(labels, groups) < FEW_PER_CLASS) {
    const theta = walked(problem, FEW_L2, everyone);
    return { head: problem.plain(theta), l2: FEW_L2, heldOut: null };
  }
  const chosen = choose(problem, fold || dealt(labels, groups, FOLDS), tell);
  const { theta } = problem.solve(chosen.l2, chosen.near, everyone, FINAL);
  const growth = chosen.length ? Math.sqrt(dot(theta.weight, theta.weight)) / chosen.length : 1;
  const heldOut = logSoftmax(chosen.heldOut.map((v) => v * growth), classes);
  return { head: problem.plain(theta), l2: chosen.l2, heldOut };
}

// From strong penalties down to the wanted one.
function walked(problem, wanted, weights) {
  let theta = problem.start(1);
  for (const l2 of GRID.filter((l2) => l2 >= wanted)) ({ theta } = problem.solve(l2, theta, weights, l2 === wanted ? FINAL : ROUGH));
  return theta;
}

// The penalty of the smallest log-loss among those within one standard error of the highest accuracy.
function choose(problem, fold, tell) {
  const { labels, classes, count } = problem, fits = Math.max(...fold) + 1, tried = [];
  const weights = Float32Array.from({ length: count * fits }, (_, at) => (fold[Math.floor(at / fits)] === at % fits ? 0 : 1));
  const parts = Array.from({ length: fits }, (_, k) => partOf(problem, fold, k));
  let at = { theta: problem.start(fits) }, best = null;
  for (const [place, l2] of GRID.entries()) {
    tell(place / GRID.length);
    at = problem.solve(l2, at.theta, weights, ROUGH, place ? repriced(at, GRID[place - 1], l2) : null);
    const { theta } = at, one = { l2, ...judged(problem, theta, parts), near: middle(theta, fits), length: meanLength(theta, fits) };
    tried.push(one);
    const worse = best ? one.losses.map((v, i) => v - best.losses[i]) : [];
    if (!best || one.loss < best.loss) best = one;
    else if (clearly(worse)) break;
    if (place - tried.indexOf(best) >= PATIENCE) break;
  }
  const highest = Math.max(...tried.map((one) => one.right)) / count;
  const near = tried.filter((one) => one.right / count >= highest - Math.sqrt((highest * (1 - highest)) / count));
  return near.reduce((least, one) => (one.loss < least.loss ? one : least));
}

// The pictures of one fold, side by side.
function partOf({ z, width }, fold, k) {
  const places = [...fold.keys()].filter((i) => fold[i] === k), own = new Float32Array(places.length * width);
  places.forEach((i, place) => own.set(z.subarray(i * width, (i + 1) * width), place * width));
  return { places, z: own };
}

// What the fits say of the pictures that they have not seen.
function judged({ labels, classes, count, width }, { weight, bias }, parts) {
  const own = new Float32Array(count * classes);
  for (const [k, { places, z }] of parts.entries()) {
    const out = new Float32Array(places.length * classes), w = weight.subarray(k * classes * width, (k + 1) * classes * width);
    product(z, 0, w, bias.subarray(k * classes, (k + 1) * classes), out, 0, places.length, classes, width, classes);
    places.forEach((i, place) => own.set(out.subarray(place * classes, (place + 1) * classes), i * classes));
  }
  const heldOut = logSoftmax(own, classes);
  const losses = Float64Array.from(labels, (label, i) => -Math.max(heldOut[i * classes + label], FLOOR));
  const right = labels.filter((label, i) => likeliest(heldOut, i, classes) === label).length;
  return { heldOut, losses, loss: losses.reduce((sum, v) => sum + v, 0), right };
}

// Worse by more than so many standard errors, picture by picture.
function clearly(worse) {
  const sum = worse.reduce((a, b) => a + b, 0), mean = sum / worse.length;
  const spread = Math.sqrt(worse.reduce((all, v) => all + (v - mean) ** 2, 0) / worse.length);
  return sum > CLEARLY * Math.sqrt(worse.length) * spread;
}

// The mean of the fits: near the one of all pictures.
function middle({ weight, bias }, fits) {
  const mean = (values) => values.subarray(0, values.length / fits).map((_, at) => {
    let sum = 0;
    for (let k = 0; k < fits; k++) sum += values[(k * values.length) / fits + at];
    return sum / fits;
  });
  return new Theta(mean(weight), mean(bias));
}

function meanLength({ weight }, fits) {
  const each = weight.length / fits;
  let sum = 0;
  for (let k = 0; k < fits; k++) sum += Math.sqrt(dot(weight.subarray(k * each, (k + 1) * each), weight.subarray(k * each, (k + 1) * each)));
  return sum / fits;
}

// The fold of each picture: groups whole, the largest first, each to where its classes are rarest (headstart.data.split).
function dealt(labels, groups, most) {
  const members = membersOf(groups), count = Math.min(most, members.length), draw = random(1);
  const order = members.map((places) => ({ places, turn: draw() })).sort((a, b) => b.places.length - a.places.length || a.turn - b.turn);
  const classes = Math.max(...labels) + 1, sizes = new Array(classes).fill(0), fold = new Int32Array(labels.length);
  labels.forEach((label) => sizes[label]++);
  const held = Array.from({ length: count }, () => new Float64Array(classes)), totals = new Array(count).fill(0);
  for (const { places } of order) {
    const cost = held.map((counts) => places.reduce((sum, i) => sum + counts[labels[i]] / sizes[labels[i]], 0));
    let to = 0;
    for (let k = 1; k < count; k++) if (cost[k] < cost[to] || (cost[k] === cost[to] && totals[k] < totals[to])) to = k;
    for (const i of places) (fold[i] = to), held[to][labels[i]]++;
    totals[to] += places.length;
  }
  return fold;
}

function membersOf(groups) {
  const found = new Map();
  groups.forEach((group, i) => (found.has(group) ? found.get(group).push(i) : found.set(group, [i])));
  return [...found.values()];
}

// The median over classes of how many groups each has.
function typicalCount(labels, groups) {
  const found = new Map();
  labels.forEach((label, i) => found.set(label, (found.get(label) || new Set()).add(groups[i])));
  return median([...found.values()].map((own) => own.size));
}

function median(values) {
  const sorted = Float64Array.from(values).sort(), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// [N · classes], row by row.
function logSoftmax(scores, classes) {
  const out = new Float32Array(scores.length);
  for (let at = 0; at < scores.length; at += classes) {
    const row = scores.subarray(at, at + classes), most = Math.max(...row);
    const rest = Math.log(row.reduce((sum, v) => sum + Math.exp(v - most), 0)) + most;
    row.forEach((v, c) => (out[at + c] = v - rest));
  }
  return out;
}

function likeliest(values, row, classes) {
  let best = 0;
  for (let c = 1; c < classes; c++) if (values[row * classes + c] > values[row * classes + best]) best = c;
  return best;
}

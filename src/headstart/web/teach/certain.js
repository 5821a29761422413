"use strict";
// How sure answers may be, by pictures held out: headstart.certainty, headstart.intervals and headstart.screening.noise in
// the page.

const FEWEST = 30; // groups; of fewer neither a temperature nor a line to strangers can be told
const LOWEST = 0.05, HIGHEST = 100;
const NEAREST = 3, INSIDE = 0.95; // which neighbour tells strangers; the share of its own kind that lies above the line
const KEPT = 900000; // numbers of the pictures that a classifier keeps to tell strangers by
const JUDGED = 500; // pictures that draw the line
const Z95 = 1.959963984540054;

// What scores are divided by, so that "sure to 90 %" is right 90 times in 100; one mistake more than was made is reckoned
// with. null where the groups are too few.
function temperature(heldOut, labels, groups, classes) {
  if (new Set(groups).size < FEWEST) return null;
  const behind = Float64Array.from(heldOut), second = [];
  let own = 0;
  labels.forEach((label, i) => {
    const row = behind.subarray(i * classes, (i + 1) * classes), most = Math.max(...row);
    row.forEach((v, c) => (row[c] = v - most));
    own += row[label];
    second.push(-Float64Array.from(row).sort().at(-2));
  });
  return round(1 / coldest(behind, own, median(second), classes), 4);
}

// Newton's steps between bounds on 1 / temperature, in which the log-loss is convex.
function coldest(behind, own, gap, classes) {
  let low = 1 / HIGHEST, high = 1 / LOWEST, cold = 1;
  for (let step = 0; step < 60; step++) {
    const { slope, bend } = slopeAt(behind, own, gap, cold, classes), last = cold;
    if (slope > 0) high = cold;
    else low = cold;
    const newton = bend > 0 ? cold - slope / bend : high;
    cold = low < newton && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(cold - last) <= 1e-7 * last) break;
  }
  return cold;
}

function slopeAt(behind, own, gap, cold, classes) {
  const second = 1 / (1 + Math.exp(-gap * cold));
  let slope = gap * second - own, bend = gap ** 2 * second * (1 - second);
  for (let at = 0; at < behind.length; at += classes) {
    let sum = 0, mean = 0, square = 0;
    for (let c = 0; c < classes; c++) {
      const v = behind[at + c], share = Math.exp(v * cold);
      sum += share;
      mean += share * v;
      square += share * v * v;
    }
    slope += mean / sum;
    bend += square / sum - (mean / sum) ** 2;
  }
  return { slope, bend };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

// Up to which score, one less its probability, a class belongs to a list that holds the right one so often: conformal sets
// (headstart.certainty.conformal). Groups count in the correction for their number. null where they are too few.
function setsOf(heldOut, labels, groups, classes, heat, coverage) {
  const count = new Set(groups).size, place = Math.ceil((count + 1) * coverage - 1e-9), p = atHeat(heldOut, heat, classes);
  if (count < FEWEST) return null;
  const own = Float64Array.from(labels, (label, i) => Math.min(1, Math.max(0, 1 - p[i * classes + label]))).sort();
  return { coverage, score: place > count ? 1 : own[Math.ceil((place * own.length) / count) - 1] };
}

// The pictures by which strangers are told, rows of length 1 in 8 bits, each with its scale, and the line below which a
// picture is none of the classes. null where the groups are too few.
function familiarOf(x, labels, groups) {
  const width = x.length / labels.length, apart = new Set(groups).size, place = Math.floor((apart + 1) * (1 - INSIDE) + 1e-9);
  const kept = drawn(labels, groups, Math.floor(KEPT / width));
  if (apart < FEWEST || place === 0 || new Set(kept.map((i) => groups[i])).size <= NEAREST) return null;
  const rows = units(x, width), near = inBytes(rows, kept, width), judged = drawn(labels, groups, JUDGED);
  const found = similarities(rows, near, judged, kept, groups, width).sort();
  const line = Math.min(1, Math.max(-1, found[Math.ceil((place * found.length) / apart) - 1]));
  return { line: round(line, 6), k: NEAREST, widths: [width], ...near };
}

function units(x, width) {
  const rows = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    const row = x.subarray(at, at + width), length = Math.max(Math.sqrt(dot(row, row)), 1e-12);
    for (let d = 0; d < width; d++) rows[at + d] = row[d] / length;
  }
  return rows;
}

function inBytes(rows, kept, width) {
  const bytes = new Int8Array(kept.length * width), scale = new Float32Array(kept.length);
  kept.forEach((i, place) => {
    const row = rows.subarray(i * width, (i + 1) * width);
    scale[place] = Math.max(row.reduce((most, v) => Math.max(most, Math.abs(v)), 0), 1e-12) / 127;
    row.forEach((v, d) => (bytes[place * width + d] = Math.round(v / scale[place])));
  });
  return { x: bytes, scale };
}

// Of each judged picture the cosine to its NEAREST neighbour of another group.
function similarities(rows, near, judged, kept, groups, width) {
  const columns = Float32Array.from(near.x, (v, at) => v * near.scale[Math.floor(at / width)]), count = kept.length;
  const asked = new Float32Array(judged.length * width), out = new Float32Array(judged.length * count);
  judged.forEach((i, place) => asked.set(rows.subarray(i * width, (i + 1) * width), place * width));
  product(asked, 0, columns, new Float32Array(count), out, 0, judged.length, count, width, count);
  return Float32Array.from(judged, (i, place) => {
    const best = new Array(NEAREST).fill(-Infinity);
    kept.forEach((j, n) => {
      const v = out[place * count + n];
      if (groups[i] === groups[j] || v <= best[NEAREST - 1]) return;
      best[NEAREST - 1] = v;
      best.sort((a, b) => b - a);
    });
    return best[NEAREST - 1];
  });
}

// At most `most` pictures: classes as even as can be, of a class as many groups as can be.
function drawn(labels, groups, most) {
  const seen = new Map(), turn = (key) => (seen.set(key, (seen.get(key) ?? -1) + 1), seen.get(key));
  const inGroup = labels.map((label, i) => ({ i, label, turn: turn(label + "/" + groups[i]) }));
  const inClass = inGroup.sort((a, b) => a.turn - b.turn || a.i - b.i).map(({ i, label }) => ({ i, turn: turn(label) }));
  return inClass.sort((a, b) => a.turn - b.turn || a.i - b.i).slice(0, most).map(({ i }) => i).sort((a, b) => a - b);
}

// The pictures that are called otherwise than they are labelled, the least probable label first. wrong: whether the label is
// likelier wrong than right. The share of wrong labels and the heads' temperature are those that explain the labels best; a
// wrong label is taken to be any other class.
function suspects(heldOut, labels, classes) {
  const { rate, heat } = noise(heldOut, labels, classes), p = atHeat(heldOut, heat, classes), found = [];
  labels.forEach((label, i) => {
    const q = p[i * classes + label], other = (rate * (1 - q)) / Math.max(classes - 1, 1), best = likeliest(p, i, classes);
    if (best !== label) found.push({ i, q, best, p: p[i * classes + best], wrong: other >= (1 - rate) * q });
  });
  return found.sort((a, b) => a.q - b.q);
}

function noise(heldOut, labels, classes) {
  let best = { likelihood: -Infinity };
  for (let step = -8; step <= 8; step++) {
    const heat = 2 ** (step / 4), p = atHeat(heldOut, heat, classes);
    const one = { heat, ...wrongShare(Float64Array.from(labels, (label, i) => p[i * classes + label]), classes) };
    if (one.likelihood >= best.likelihood) best = one;
  }
  return best;
}

function atHeat(heldOut, heat, classes) {
  return logSoftmax(heldOut.map((v) => v / heat), classes).map(Math.exp);
}

function wrongShare(q, classes) {
  const others = q.map((v) => (1 - v) / Math.max(classes - 1, 1));
  let rate = 0.05;
  for (let step = 0; step < 50; step++) {
    const sum = q.reduce((all, v, i) => all + (rate * others[i]) / Math.max(rate * others[i] + (1 - rate) * v, 1e-300), 0);
    rate = Math.max(sum / q.length, 1e-4);
  }
  return { rate, likelihood: q.reduce((all, v, i) => all + Math.log(Math.max((1 - rate) * v + rate * others[i], 1e-300)), 0) };
}

// The 95 % interval of an accuracy; pictures of one group go right or wrong together, and count as fewer.
function interval(right, groups) {
  const worth = effective(right, groups), share = right.filter(Boolean).length / right.length;
  return worth ? wilson(share * worth, worth) : [0, 1];
}

// E. B. Wilson 1927.
function wilson(hits, n) {
  const share = hits / n, scale = 1 + Z95 ** 2 / n, centre = (share + Z95 ** 2 / (2 * n)) / scale;
  const half = (Z95 * Math.sqrt((share * (1 - share)) / n + Z95 ** 2 / (4 * n * n))) / scale;
  return [Math.max(0, Math.min(centre - half, share)), Math.min(1, Math.max(centre + half, share))];
}

// As many single pictures would say as much of the accuracy (headstart.intervals.effective).
function effective(right, groups) {
  const members = membersOf(groups), n = right.length, sizes = members.map((places) => places.length);
  if (members.length === n) return n;
  if (members.length === 1) return 0;
  const equal = n ** 2 / sizes.reduce((sum, size) => sum + size ** 2, 0);
  const hits = members.map((places) => places.filter((i) => right[i]).length);
  const worth = n / designEffect(hits, sizes, equal / members.length);
  return Math.min(n, worth * (t95(n - 1) / t95(Math.max(1, Math.round(equal) - 1))) ** 2);
}

function designEffect(hits, sizes, even) {
  const add = (values) => values.reduce((a, b) => a + b, 0), n = add(sizes), count = sizes.length;
  const alike = add(sizes.map((size) => size ** 2)) / n, share = add(hits) / n;
  const telling = even * Math.min(hits.filter((h) => h > 0).length, hits.filter((h, g) => h < sizes[g]).length);
  if (telling === 0) return alike;
  const between = ((count / (count - 1)) * add(hits.map((h, g) => (h - share * sizes[g]) ** 2))) / n ** 2;
  const measured = Math.max(1, between / ((share * (1 - share)) / (n - 1)));
  return (telling * measured + alike) / (telling + 1);
}

// The 97.5 % quantile of Student's t (Abramowitz & Stegun 26.7.5).
function t95(freedom) {
  if (freedom <= 2) return freedom === 1 ? 12.706204736432095 : 4.302652729696142;
  const z = Z95, v = freedom;
  return z + (z ** 3 + z) / (4 * v) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * v ** 2) + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * v ** 3);
}

"use strict";
// The worker's ear: a model, then pictures, whose features it gives; what was learnt, then pictures, which it names.

let classifier, numbers, chooser;

const WAYS = { made, seen, solved, taught, packed, named };

hear((data) => WAYS[data.way](data));

// By how much the features of a picture that any language can make are away from Python's, as a share of the largest.
async function made({ model, weights }) {
  numbers = await numbersOf(weights, model.sections);
  classifier = new Classifier({ ...model, head: [], familiar: null, decision: { thresholds: [] } }, numbers);
  chooser = new Chooser(classifier.network);
  const found = classifier.features(classifier.network.run(checkFrame(model.size)));
  const most = Math.max(...model.features.map(Math.abs));
  return { away: Math.max(...found.map((v, d) => Math.abs(v - model.features[d]))) / most };
}

function framed({ pixels, width, height }) {
  return prepare(pixels, width, height, 4, classifier.model.prepare);
}

// mark: equal for equal frames, and hardly ever for others.
async function seen(picture) {
  const frame = framed(picture);
  return { features: classifier.features(await chooser.run(frame)), mark: markOf(frame) };
}

// FNV-1a, twice.
function markOf(bytes) {
  let a = 0x811c9dc5, b = 0x1234567;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x01000193) + 1;
  }
  return (a >>> 0) + ":" + (b >>> 0);
}

function solved({ number, x, labels, classes, groups }) {
  const tell = (share) => self.postMessage({ number, share });
  const { head, l2, heldOut } = solve(x, labels, classes, groups, null, tell);
  return { head, l2, familiar: familiarOf(x, labels, groups), ...(heldOut ? proved(heldOut, labels, classes, groups) : { right: null }) };
}

function proved(heldOut, labels, classes, groups) {
  const heat = temperature(heldOut, labels, groups, classes);
  const called = labels.map((_, i) => likeliest(heldOut, i, classes)), right = called.map((c, i) => c === labels[i]);
  return {
    right,
    called,
    accuracy: right.filter(Boolean).length / right.length,
    interval: interval(right, groups),
    temperature: heat,
    sets: heat && setsOf(heldOut, labels, groups, classes, heat, classifier.model.coverage),
    suspects: suspects(heldOut, labels, classes),
  };
}

function taught({ head, familiar, temperature }) {
  classifier.head = [head];
  classifier.familiar = familiar;
  classifier.model.temperature = temperature || 1;
  return { expected: classifier.answer(checkFrame(classifier.model.size)).probabilities };
}

// The network's numbers and those that are added, as blob.py packs them: { packed, sections, places }, of each that was
// added where it lies.
async function packed({ added }) {
  const { floats, halves, eights } = classifier.model.sections, second = 4 * floats;
  const all = chained([numbers.subarray(0, second), ...added.floats, numbers.subarray(second), ...added.eights]);
  const places = { floats: placesOf("f", floats, added.floats), eights: placesOf("e", eights, added.eights) };
  const sections = { floats: floats + total(added.floats), halves, eights: eights + total(added.eights) };
  return { packed: await piped(shuffled(all, sections, true), new CompressionStream("deflate")), sections, places };
}

// The bytes of arrays one after the other. A Blob of them could not be read in WebKit: see piped().
function chained(arrays) {
  const out = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    out.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return out;
}

function placesOf(kind, from, arrays) {
  return arrays.map(({ length }, i) => [kind, from + total(arrays.slice(0, i)), length]);
}

function total(arrays) {
  return arrays.reduce((sum, { length }) => sum + length, 0);
}

async function named(picture) {
  const { probabilities, called, similarity } = classifier.told(await chooser.run(framed(picture)));
  return { probabilities, called, similarity };
}

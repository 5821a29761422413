"use strict";
// The worker's ear: a model, then pictures; each is answered, one after the other.

let classifier, chooser, turn = Promise.resolve();

self.onmessage = ({ data }) => (turn = turn.then(() => heard(data)));

async function heard(data) {
  try {
    self.postMessage({ number: data.number, ...(await (data.model ? made(data) : asked(data))) });
  } catch (error) {
    self.postMessage({ number: data.number, error: String(error && error.message) });
  }
}

// The first answer, to a picture that Python was asked about too; it warms the engine up as well.
async function made({ model, weights }) {
  classifier = new Classifier(model, await numbersOf(weights, model.sections));
  chooser = new Chooser(classifier.network);
  const { probabilities } = classifier.answer(checkFrame(model.size));
  return { away: Math.max(...probabilities.map((p, c) => Math.abs(p - model.expected[c]))) };
}

async function asked({ pixels, width, height }) {
  const start = performance.now(), frame = prepare(pixels, width, height, 4, classifier.model.prepare);
  const found = classifier.told(await chooser.run(frame));
  return { ...found, frame, milliseconds: performance.now() - start, gpu: chooser.gpu !== null };
}

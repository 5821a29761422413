"use strict";
// The worker's ear: a model, then pictures; each is answered.

let classifier, chooser;

hear((data) => (data.model ? made(data) : asked(data)));

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

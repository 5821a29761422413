// The tests' own worker, behind a page's engine: what the processor and the card make of a frame.
let classifier, card;

const ASKED = {
  async made({ model, weights }) {
    if (card) card.close();
    classifier = new Classifier(model, weights);
    card = await Gpu.of(classifier.network, true);
    return Boolean(card);
  },

  async both({ frame }) {
    const pixels = bytesOf(frame), start = performance.now(), known = classifier.network.run(pixels);
    const between = performance.now(), found = await card.run(pixels), end = performance.now();
    const told = (values) => ({ features: Array.from(classifier.features(values)), ...(classifier.head.length && classifier.told(values)) });
    return { processor: told(known), card: told(found), apart: apart(known, found), ms: [between - start, end - between] };
  },
};

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ found: await ASKED[data.way](data) });
  } catch (error) {
    self.postMessage({ error: error.stack });
  }
};

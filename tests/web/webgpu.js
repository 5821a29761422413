// The tests' own worker, behind a page's engine: processor and graphics card are asked for the same frames.
let classifier, device;

// The graph on one device, which all graphs share: shaders are compiled once.
async function onGpu(network) {
  if (!device) ({ device } = await Gpu.of(network, true));
  const made = new Gpu(device, network);
  await made.build();
  return made;
}

const told = (values) => ({ features: Array.from(classifier.features(values)), ...(classifier.head.length ? classifier.told(values) : {}) });
const timed = async (work, start = performance.now()) => [await work(), performance.now() - start];

// What may go wrong with the graphics card; the processor's run takes 10 ms by the clock, its own 5.
const FAULTS = {
  none() {},
  missing() {},
  slower: (gpu, state) => (state.took = 11),
  other: (gpu) => changed(gpu, (data) => (data[0] += 1e-3 * Math.max(...data))),
  nothing: (gpu) => changed(gpu, (data) => data.fill(NaN)),
  silent: (gpu) => (gpu.run = () => new Promise(() => {})),
  lost: (gpu, state) => (state.then = () => gpu.device.destroy()),
  "silent later": (gpu, state) => (state.then = () => (gpu.run = () => new Promise(() => {}))),
  faulty: (gpu, state) => (state.then = () => gpu.readback.destroy()),
};

function changed(gpu, change) {
  const { run } = gpu;
  gpu.run = async (frame) => {
    const values = await run.call(gpu, frame);
    for (const { data } of values.values()) change(data);
    return values;
  };
}

// What is asked of a device beside every error scope while `work` is done: names of methods.
async function unscoped(work) {
  const outside = new Set(), plain = [];
  let depth = 0;
  const watch = (prototype, name, before) => {
    const method = prototype[name];
    plain.push(() => (prototype[name] = method));
    prototype[name] = function (...given) {
      before(name);
      return method.apply(this, given);
    };
  };
  const made = Object.getOwnPropertyNames(GPUDevice.prototype).filter((name) => name.startsWith("create"));
  watch(GPUDevice.prototype, "pushErrorScope", () => depth++);
  watch(GPUDevice.prototype, "popErrorScope", () => depth--);
  for (const name of made) watch(GPUDevice.prototype, name, () => depth || outside.add(name));
  for (const name of ["writeBuffer", "submit"]) watch(GPUQueue.prototype, name, () => depth || outside.add(name));
  await work().finally(() => plain.forEach((back) => back()));
  return [...outside];
}

const ASKED = {
  // Whether there is a graphics card.
  async made({ model, weights }) {
    classifier = new Classifier(model, await numbersOf(weights, model.sections));
    return Boolean(navigator.gpu && (await navigator.gpu.requestAdapter()));
  },

  async both({ frame }) {
    classifier.gpu ||= await onGpu(classifier.network);
    const pixels = bytesOf(frame), [known, processor] = await timed(() => classifier.network.run(pixels));
    const [found, gpu] = await timed(() => classifier.gpu.run(pixels));
    return { processor: told(known), gpu: told(found), apart: apart(known, found), ms: { processor, gpu } };
  },

  // What is asked of the device beside every error scope, from its making to an answer.
  unscoped: ({ frame }) => unscoped(async () => (await Gpu.of(classifier.network, true)).run(bytesOf(frame))),

  // Three runs, the last two after the trial: who answered, and by how much each is away from the processor.
  async chosen({ frame, fault }) {
    const { network } = classifier, state = { now: 0, took: 5, then() {} }, pixels = bytesOf(frame);
    const known = network.run(pixels), kept = { ...DISPATCHES };
    const counted = { run: (asked) => ((state.now += 10), network.run(asked)) };
    const make = async () => {
      if (fault === "missing") delete DISPATCHES.mean;
      const gpu = await Gpu.of(network, true), { send } = gpu;
      gpu.send = (asked) => ((state.now += state.took), send.call(gpu, asked));
      FAULTS[fault](gpu, state);
      return gpu;
    };
    const chooser = new Chooser(counted, { make: fault === "software" ? undefined : make, clock: () => state.now, patience: 1000 });
    const away = [], by = [];
    for (let run = 0; run < 3; run++) {
      if (run === 2) await state.then();
      away.push(apart(known, await chooser.run(pixels)));
      by.push(chooser.gpu ? "gpu" : "processor");
      await chooser.trial;
    }
    Object.assign(DISPATCHES, kept);
    return { away, by, why: chooser.why };
  },
};

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ found: await ASKED[data.way](data) });
  } catch (error) {
    self.postMessage({ error: error.stack });
  }
};

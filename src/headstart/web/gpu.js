"use strict";
// Runs the network on the graphics card (WebGPU): the graph and the operations of engine.js. All values of a picture stay
// there but those that head and map are made of.

const ACTS = [null, "relu", "clamp", "sigmoid", "swish", "hardsigmoid", "hardswish", "tanh", "sqrt"];
const REACHES = ["all", "channel", "place", "one"];
const TILED = 32, THREADS = 256; // as shaders.js has them
const STRIDE = 256; // bytes from the facts of one dispatch to those of the next

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const byNumber = (shader, { shape }, rest) => ({ shader, groups: [Math.ceil(sizeOf(shape) / THREADS)], ...rest });
const byWeights = ({ tensors }) => ({ y: tensors.weight, z: tensors.bias });

// What is done for each operation, as dispatches: { shader, groups: how many workgroups, x, y, z: what it reads, facts: what node
// and shapes do not tell }. x is the first input where it is not said. An operation that is not here is not there on the card.
const DISPATCHES = {
  convolution(node, [x]) {
    const [outputs, ...sides] = node.shape, places = sizeOf(sides);
    if (places === 1 && sizeOf(x.shape) === x.shape[0] && sizeOf(node.kernel) === 1 && node.groups === 1) return DISPATCHES.linear(node, [x]);
    const groups = [Math.ceil(outputs / node.groups / TILED), Math.ceil(places / TILED), node.groups];
    return [{ shader: "convolution", groups, ...byWeights(node) }];
  },
  linear: (node, [x]) => [{ shader: "linear", groups: [node.shape[0]], ...byWeights(node), facts: { channels: sizeOf(x.shape) } }],
  depthwise: (node) => [byNumber("depthwise", node, byWeights(node))],
  max_pool: (node) => [byNumber("pool", node, { facts: { way: 0 } })],
  average_pool: (node) => [byNumber("pool", node, { facts: { way: node.padded ? 2 : 1 } })],
  adaptive: (node) => [byNumber("pool", node, { facts: { way: 3, dilations: [1, 1] } })],
  mean: (node, [x]) => [{ shader: "mean", groups: [Math.ceil(x.shape[0] / 16)] }],
  affine: (node) => [byNumber("affine", node, { y: node.tensors.scale, z: node.tensors.shift })],
  flatten: (node, [x]) => [byNumber("flatten", x)],
  pad: (node) => [byNumber("pad", node, { facts: { value: node.value } })],
  sqrt: (node) => [byNumber("copy", node, { facts: { act: ["sqrt"] } })],
  view: (node) => [byNumber("copy", node)],
  activation: (node) => [byNumber("copy", node)],
  concat(node, inputs) {
    const places = sizeOf(node.shape.slice(1));
    let first = 0;
    return inputs.map((x) => {
      const channels = sizeOf(x.shape) / places, facts = { channels, height: places, width: 1, first };
      first += channels;
      return byNumber("concat", x, { x, facts });
    });
  },
};
Object.keys(PAIRS).forEach((op, way) => {
  DISPATCHES[op] = (node, [x, y]) => {
    const reaches = [x, y].map(({ shape }) => REACHES.indexOf(reach(shape, node.shape)));
    return [byNumber("pair", node, { y, facts: { way, reaches } })];
  };
});

// The facts of a dispatch as shaders.js reads them.
function factsOf(node, x, facts = {}) {
  const sides = (shape) => [shape[0], shape[1] ?? 1, shape[2] ?? 1], [channels, height, width] = sides(x.shape);
  const all = { channels, height, width, kernel: [1, 1], strides: [1, 1], dilations: [1, 1], before: [0, 0], ...node, ...facts };
  const { act } = all, [kind = null, low = 0, high = 0] = act || [];
  const whole = [
    all.channels, all.height, all.width, ...sides(node.shape), ...all.kernel, ...all.strides, ...all.dilations, ...all.before,
    ...(all.reaches || [0, 0]), all.groups || 1, all.way || 0, all.first || 0, ACTS.indexOf(kind),
  ];
  const made = new Int32Array(STRIDE / 4);
  made.set(whole);
  new Float32Array(made.buffer).set([low, high, all.value || 0], whole.length);
  return made;
}

class Gpu {
  // network: a Network, whose weights go onto the card. null where there is no card, or only one that the processor plays.
  // Throws where the card cannot do it.
  static async of(network, played = false) {
    const adapter = self.navigator.gpu && (await navigator.gpu.requestAdapter());
    if (!adapter || (!played && (adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter))) return null;
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
    const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
    const made = new Gpu(device, network);
    try {
      await made.sound(["validation", "out-of-memory"], () => made.build());
      return made;
    } catch (error) {
      made.close();
      throw error;
    }
  }

  constructor(device, network) {
    this.device = device;
    this.network = network;
  }

  // What `work` comes to. Throws where the card found fault with it.
  async sound(kinds, work) {
    for (const kind of kinds) this.device.pushErrorScope(kind);
    const [found, ...faults] = await Promise.all([work(), ...kinds.map(() => this.device.popErrorScope())]), fault = faults.find(Boolean);
    if (fault) throw new Error(fault.message);
    return found;
  }

  async build() {
    const { graph, nodes } = this.network;
    this.spare = new Map(); // buffers that are free again, by their length
    this.nothing = this.buffer(4); // what shaders read that read less
    const values = new Map([[0, { shape: [3, graph.size, graph.size], buffer: this.buffer(3 * graph.size ** 2) }]]), planned = [];
    this.first = values.get(0).buffer;
    this.frame = new Float32Array(3 * graph.size ** 2);
    nodes.forEach((node, place) => {
      planned.push(...this.plan(node, values));
      for (const number of this.network.last.get(place) || []) this.free(values.get(number));
    });
    this.wanted = this.read(values);
    this.steps = await this.compiled(planned);
  }

  // The dispatches of a node, with the buffers that they read and write.
  plan(node, values) {
    const { op, shape, tensors } = node;
    if (op === "constant") {
      values.set(node.out, { shape, buffer: this.held(tensors.values), known: true });
      return [];
    }
    if (!DISPATCHES[op]) throw new Error(op + " is not there on the graphics card");
    const inputs = node.in.map((number) => values.get(number)), out = { shape, buffer: this.take(sizeOf(shape)) };
    values.set(node.out, out);
    const of = (read) => (read instanceof Float32Array ? this.held(read) : read ? read.buffer : this.nothing);
    return DISPATCHES[op](node, inputs).map(({ shader, groups, x = inputs[0], y, z, facts }) => (
      { shader, groups, facts: factsOf(node, x, facts), buffers: [x.buffer, of(y), of(z), out.buffer] }
    ));
  }

  take(length) {
    const free = this.spare.get(length);
    return free && free.length ? free.pop() : this.buffer(length);
  }

  free({ buffer, known }) {
    const length = buffer.size / 4;
    if (!known) this.spare.set(length, [...(this.spare.get(length) || []), buffer]);
  }

  buffer(length, usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC) {
    return this.device.createBuffer({ size: 4 * length, usage });
  }

  held(tensor) {
    const buffer = this.buffer(tensor.length);
    this.device.queue.writeBuffer(buffer, 0, tensor);
    return buffer;
  }

  // What is read back of each picture, one behind the other.
  read(values) {
    let length = 0;
    const wanted = keptOf(this.network.graph).map((number) => {
      const { shape, buffer } = values.get(number), at = length;
      length += sizeOf(shape);
      return { number, shape, buffer, at, length: sizeOf(shape) };
    });
    this.told = this.buffer(length, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    return wanted;
  }

  async compiled(planned) {
    const { device } = this, types = ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"];
    const entries = types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
    const layout = device.createBindGroupLayout({ entries }), pipelines = await this.pipelines(layout, planned);
    const facts = this.buffer((planned.length * STRIDE) / 4, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    return planned.map(({ shader, groups, buffers, ...step }, place) => {
      device.queue.writeBuffer(facts, place * STRIDE, step.facts);
      const own = { buffer: facts, offset: place * STRIDE, size: STRIDE }, read = [own, ...buffers.map((buffer) => ({ buffer }))];
      const group = device.createBindGroup({ layout, entries: read.map((resource, binding) => ({ binding, resource })) });
      return { pipeline: pipelines.get(shader), groups, group };
    });
  }

  async pipelines(bindings, planned) {
    const { device } = this, names = [...new Set(planned.map(({ shader }) => shader))];
    const module = device.createShaderModule({ code: SHADERS }), layout = device.createPipelineLayout({ bindGroupLayouts: [bindings] });
    const made = names.map((entryPoint) => device.createComputePipelineAsync({ layout, compute: { module, entryPoint } }));
    return new Map((await Promise.all(made)).map((pipeline, place) => [names[place], pipeline]));
  }

  // As Network.run(), but only the values that head and map are made of. Throws where the card fails.
  run(frame) {
    return this.sound(["validation"], async () => {
      this.send(frame);
      await this.told.mapAsync(GPUMapMode.READ);
      const all = new Float32Array(this.told.getMappedRange()).slice();
      this.told.unmap();
      return new Map(this.wanted.map(({ number, shape, at, length }) => [number, { shape, data: all.subarray(at, at + length) }]));
    });
  }

  // All work of one picture as one command buffer.
  send(frame) {
    const { device } = this, encoder = device.createCommandEncoder(), pass = encoder.beginComputePass();
    device.queue.writeBuffer(this.first, 0, this.network.normalised(frame, this.frame));
    for (const { pipeline, groups, group } of this.steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
    for (const { buffer, at, length } of this.wanted) encoder.copyBufferToBuffer(buffer, 0, this.told, 4 * at, 4 * length);
    device.queue.submit([encoder.finish()]);
  }

  close() {
    this.device.destroy();
  }
}

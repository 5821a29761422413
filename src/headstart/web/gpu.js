"use strict";
// Runs the network on the graphics card (WebGPU): the graph and the operations of engine.js. All values of a picture stay
// there but those that head and map are made of.

const ACTS = [null, "relu", "clamp", "sigmoid", "swish", "hardsigmoid", "hardswish", "tanh", "sqrt"];
const REACHES = ["all", "channel", "place", "one"];
const TILED = 32, THREADS = 256; // as shaders.js has them
const STRIDE = 256; // bytes from the uniforms of one dispatch to those of the next

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const byNumber = (shader, { shape }, rest) => ({ shader, groups: [Math.ceil(sizeOf(shape) / THREADS)], ...rest });
const byWeights = ({ tensors }) => ({ y: tensors.weight, z: tensors.bias });

// What is done for each operation, as dispatches: { shader, groups: how many workgroups, x, y, z: what it reads, uniforms: what
// node and shapes do not tell }. x is the first input where it is not said. An operation that is not here is not there on the
// graphics card.
const DISPATCHES = {
  convolution(node, [x]) {
    const [outputs, ...sides] = node.shape, places = sizeOf(sides);
    if (places === 1 && sizeOf(x.shape) === x.shape[0] && sizeOf(node.kernel) === 1 && node.groups === 1) return DISPATCHES.linear(node, [x]);
    const groups = [Math.ceil(outputs / node.groups / TILED), Math.ceil(places / TILED), node.groups];
    return [{ shader: "convolution", groups, ...byWeights(node) }];
  },
  linear: (node, [x]) => [{ shader: "linear", groups: [node.shape[0]], ...byWeights(node), uniforms: { channels: sizeOf(x.shape) } }],
  depthwise: (node) => [byNumber("depthwise", node, byWeights(node))],
  max_pool: (node) => [byNumber("pool", node, { uniforms: { way: 0 } })],
  average_pool: (node) => [byNumber("pool", node, { uniforms: { way: node.padded ? 2 : 1 } })],
  adaptive: (node) => [byNumber("pool", node, { uniforms: { way: 3, dilations: [1, 1] } })],
  mean: (node, [x]) => [{ shader: "mean", groups: [Math.ceil(x.shape[0] / 16)] }],
  affine: (node) => [byNumber("affine", node, { y: node.tensors.scale, z: node.tensors.shift })],
  flatten: (node, [x]) => [byNumber("flatten", x)],
  pad: (node) => [byNumber("pad", node, { uniforms: { value: node.value } })],
  sqrt: (node) => [byNumber("copy", node, { uniforms: { act: ["sqrt"] } })],
  view: (node) => [byNumber("copy", node)],
  activation: (node) => [byNumber("copy", node)],
  concat(node, inputs) {
    const places = sizeOf(node.shape.slice(1));
    let first = 0;
    return inputs.map((x) => {
      const channels = sizeOf(x.shape) / places, uniforms = { channels, height: places, width: 1, first };
      first += channels;
      return byNumber("concat", x, { x, uniforms });
    });
  },
};
Object.keys(PAIRS).forEach((op, way) => {
  DISPATCHES[op] = (node, [x, y]) => {
    const reaches = [x, y].map(({ shape }) => REACHES.indexOf(reach(shape, node.shape)));
    return [byNumber("pair", node, { y, uniforms: { way, reaches } })];
  };
});

// The uniforms of a dispatch as shaders.js reads them.
function uniformsOf(node, x, uniforms = {}) {
  const sides = (shape) => [shape[0], shape[1] ?? 1, shape[2] ?? 1], [channels, height, width] = sides(x.shape);
  const all = { channels, height, width, kernel: [1, 1], strides: [1, 1], dilations: [1, 1], before: [0, 0], ...node, ...uniforms };
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

// What the graphics card does for a network: values by their number, { shape, known: the numbers of a constant }; for each node
// its dispatches, { shader, groups, uniforms, reads: values, weights or nothing }. Nothing is made there yet.
function planOf({ graph, nodes }) {
  const values = new Map([[0, { shape: [3, graph.size, graph.size] }]]);
  const dispatches = nodes.map((node) => {
    const { op, shape, tensors } = node, inputs = node.in.map((number) => values.get(number));
    values.set(node.out, { shape, known: tensors.values });
    if (op === "constant") return [];
    if (!DISPATCHES[op]) throw new Error(op + " is not there on the graphics card");
    return DISPATCHES[op](node, inputs).map(({ shader, groups, x = inputs[0], y, z, uniforms }) => (
      { shader, groups, uniforms: uniformsOf(node, x, uniforms), reads: [x, y, z] }
    ));
  });
  return { values, dispatches };
}

class Gpu {
  // network: a Network, whose weights go onto the graphics card. null where there is none, or only one that the processor plays.
  // Throws where the graphics card cannot do it.
  static async of(network, played = false) {
    const adapter = self.navigator.gpu && (await navigator.gpu.requestAdapter());
    if (!adapter || (!played && (adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter))) return null;
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
    const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
    const made = new Gpu(device, network);
    try {
      await made.build();
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

  // What `work` comes to. Throws where the graphics card found fault with what work does before it first awaits.
  async sound(kinds, work) {
    for (const kind of kinds) this.device.pushErrorScope(kind);
    const [found, ...faults] = await Promise.all([work(), ...kinds.map(() => this.device.popErrorScope())]), fault = faults.find(Boolean);
    if (fault) throw new Error(fault.message);
    return found;
  }

  async build() {
    const plan = planOf(this.network), shaders = [...new Set(plan.dispatches.flat().map(({ shader }) => shader))];
    const pipelines = await this.sound(["validation"], () => this.compiled(shaders));
    await this.sound(["validation", "out-of-memory"], () => this.laidOut(plan, pipelines));
  }

  // The pipelines by their shaders' names. They read uniforms and x, y, z, and write one buffer.
  async compiled(shaders) {
    const { device } = this, types = ["uniform", "read-only-storage", "read-only-storage", "read-only-storage", "storage"];
    const entries = types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
    this.layout = device.createBindGroupLayout({ entries });
    const module = device.createShaderModule({ code: SHADERS });
    const layout = device.createPipelineLayout({ bindGroupLayouts: [this.layout] });
    const made = shaders.map((entryPoint) => device.createComputePipelineAsync({ layout, compute: { module, entryPoint } }));
    return new Map((await Promise.all(made)).map((pipeline, place) => [shaders[place], pipeline]));
  }

  // All buffers and bind groups. Nothing is awaited here: an error scope sees no further.
  laidOut({ values, dispatches }, pipelines) {
    const { graph, nodes, last } = this.network;
    this.spare = new Map(); // buffers that are free again, by their length
    this.nothing = this.buffer(4); // what shaders read that read less
    this.frame = new Float32Array(3 * graph.size ** 2);
    this.first = values.get(0).buffer = this.buffer(this.frame.length);
    this.uniforms = this.buffer((dispatches.flat().length * STRIDE) / 4, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    this.steps = [];
    nodes.forEach((node, place) => {
      const out = values.get(node.out);
      out.buffer = out.known ? this.held(out.known) : this.take(sizeOf(out.shape));
      for (const { shader, groups, ...bound } of dispatches[place]) {
        const group = this.bound(bound, out.buffer, this.steps.length * STRIDE);
        this.steps.push({ pipeline: pipelines.get(shader), groups, group });
      }
      for (const number of last.get(place) || []) this.free(values.get(number));
    });
    this.wanted = this.read(values);
  }

  // The bind group of a dispatch, whose uniforms lie at `offset`.
  bound({ uniforms, reads }, out, offset) {
    this.device.queue.writeBuffer(this.uniforms, offset, uniforms);
    const read = reads.map((one) => (one instanceof Float32Array ? this.held(one) : one ? one.buffer : this.nothing));
    const resources = [{ buffer: this.uniforms, offset, size: STRIDE }, ...[...read, out].map((buffer) => ({ buffer }))];
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    return this.device.createBindGroup({ layout: this.layout, entries });
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
    this.readback = this.buffer(length, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    return wanted;
  }

  // As Network.run(), but only the values that head and map are made of. Throws where the graphics card fails.
  run(frame) {
    return this.sound(["validation"], async () => {
      this.send(frame);
      await this.readback.mapAsync(GPUMapMode.READ);
      const all = new Float32Array(this.readback.getMappedRange()).slice();
      this.readback.unmap();
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
    for (const { buffer, at, length } of this.wanted) encoder.copyBufferToBuffer(buffer, 0, this.readback, 4 * at, 4 * length);
    device.queue.submit([encoder.finish()]);
  }

  close() {
    this.device.destroy();
  }
}

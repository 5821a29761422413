"use strict";
// Who runs the network. The processor answers first. The graphics card is then asked for the same picture, and takes over
// where it says the same, sooner. Whatever goes wrong there, the processor answers, from then on.

const ALIKE = 1e-4; // by which values may differ, as a share of the largest
const TIMED = 3, TRIALS = 20; // runs of the card that are timed; runs at most, as the processor may come between

class Chooser {
  // gpu: network → Gpu or null; clock: milliseconds.
  constructor(network, gpu = (asked) => Gpu.of(asked), clock = () => performance.now()) {
    Object.assign(this, { network, make: gpu, clock });
    this.gpu = null; // once it was chosen
    this.why = ""; // why it was not, or not any more
    this.runs = 0; // of the processor
    this.best = Infinity; // its shortest, in milliseconds
    this.trial = null; // under way, or over
  }

  // The values that head and map are made of.
  async run(frame) {
    if (this.gpu) {
      try {
        return await this.gpu.run(frame);
      } catch (error) {
        this.refuse(this.gpu, error.message);
      }
    }
    const start = this.clock(), values = this.network.run(frame);
    this.best = Math.min(this.best, this.clock() - start);
    this.runs++;
    this.trial ||= this.tried(frame, values);
    return values;
  }

  async tried(frame, values) {
    let gpu = null;
    try {
      gpu = await this.make(this.network);
      if (!gpu) return this.refuse(null, "there is none");
      const away = apart(values, await gpu.run(frame));
      if (!(away <= ALIKE)) return this.refuse(gpu, "it says something else: " + away);
      const took = await this.timed(gpu, frame);
      if (!(took < this.best)) return this.refuse(gpu, `it is slower: ${took} ms, not ${this.best}`);
      this.gpu = gpu;
      gpu.device.lost.then(({ message }) => this.refuse(gpu, message));
    } catch (error) {
      this.refuse(gpu, error.message);
    }
  }

  // The shortest run of the card, in milliseconds, of those during which the processor did not run.
  async timed(gpu, frame) {
    const took = [];
    for (let trial = 0; trial < TRIALS && took.length < TIMED; trial++) {
      const { runs } = this, start = this.clock();
      await gpu.run(frame);
      if (runs === this.runs) took.push(this.clock() - start);
    }
    return Math.min(...took);
  }

  refuse(gpu, why) {
    this.why ||= why;
    this.gpu = null;
    if (gpu) gpu.close();
  }
}

// By how much the values differ at most, as a share of the largest of each. NaN where one is no number.
function apart(expected, found) {
  const shares = [...found].map(([number, { data }]) => {
    const known = expected.get(number).data, most = known.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-30);
    return known.reduce((a, v, i) => Math.max(a, Math.abs(v - data[i])), 0) / most;
  });
  return Math.max(...shares);
}

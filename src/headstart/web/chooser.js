"use strict";
// Who runs the network. The processor answers first. The graphics card is then asked for the same picture, and takes over
// where it says the same, sooner. Whatever goes wrong there: the processor answers, from then on.

const ALIKE = 1e-4; // by which values may differ, as a share of the largest
const TIMED = 3, TRIALS = 20; // runs of the graphics card that are timed; runs at most, as the processor may come between
const LATE = 10000, TICKS = 10; // milliseconds after which one that does not answer is given up; how many ticks they are

class Chooser {
  // make: network → Gpu or null; clock: milliseconds.
  constructor(network, { make = (asked) => Gpu.of(asked), clock = () => performance.now(), patience = LATE } = {}) {
    Object.assign(this, { network, make, clock, patience });
    this.gpu = null; // once it was chosen
    this.candidate = null; // the graphics card on trial
    this.why = ""; // why it was not, or is not any more
    this.runs = 0; // of the processor
    this.best = Infinity; // its shortest, in milliseconds
    this.trial = null; // under way, or decided
  }

  // The values that head and map are made of.
  async run(frame) {
    if (this.gpu) {
      try {
        return await this.asked(this.gpu, frame);
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

  // Where nothing could be timed the next picture tries again.
  async tried(frame, values) {
    let gpu = null;
    try {
      gpu = this.candidate ||= await this.make(this.network);
      if (!gpu) return this.refuse(null, "there is none");
      const away = apart(values, await this.asked(gpu, frame));
      if (!(away <= ALIKE)) return this.refuse(gpu, `it says something else, ${away} apart`);
      const took = await this.timed(gpu, frame);
      if (took === Infinity) return (this.trial = null);
      if (!(took < this.best)) return this.refuse(gpu, `it is slower: ${took} ms, the processor ${this.best} ms`);
      this.gpu = gpu;
      gpu.device.lost.then(({ message }) => this.refuse(gpu, message));
    } catch (error) {
      this.refuse(gpu, error.message);
    }
  }

  // The graphics card's shortest run in milliseconds, of those during which the processor did not run. Infinity where there is
  // none.
  async timed(gpu, frame) {
    const took = [];
    for (let trial = 0; trial < TRIALS && took.length < TIMED; trial++) {
      const { runs } = this, start = this.clock();
      await this.asked(gpu, frame);
      if (runs === this.runs) took.push(this.clock() - start);
    }
    return Math.min(...took);
  }

  // What the graphics card says. Patience goes by in ticks: however long this thread was held up, by a run of the processor or a
  // training, that is one tick, and an answer that came meanwhile is seen before the next.
  async asked(gpu, frame) {
    let timer, left = TICKS;
    const tick = (failed) => --left || failed(new Error("it does not answer"));
    const late = new Promise((_, failed) => (timer = setInterval(tick, this.patience / TICKS, failed)));
    try {
      return await Promise.race([gpu.run(frame), late]);
    } finally {
      clearInterval(timer);
    }
  }

  refuse(gpu, why) {
    this.why ||= why;
    this.gpu = null;
    if (gpu) gpu.close();
  }
}

// By how much values differ at most, as a share of the largest of each. NaN where one is no number.
function apart(expected, found) {
  const shares = [...found].map(([number, { data }]) => {
    const known = expected.get(number).data, most = known.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-30);
    return known.reduce((a, v, i) => Math.max(a, Math.abs(v - data[i])), 0) / most;
  });
  return Math.max(...shares);
}

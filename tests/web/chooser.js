"use strict";
// A Chooser under node, with a processor and a graphics card that are played: node chooser.js FOLDER CASE, FOLDER that of the
// sources. Tells { by: who would answer after each picture, why, runs: of the graphics card }.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

vm.runInThisContext(fs.readFileSync(path.join(process.argv[2], "chooser.js"), "utf8") + "\nglobalThis.Chooser = Chooser;");

const PATIENCE = 100; // milliseconds
const state = { now: 0, runs: 0, meanwhile() {}, blocked: 0 };
const values = () => new Map([[1, { data: [1] }]]);
const network = {
  run() {
    for (const end = Date.now() + state.blocked; Date.now() < end; );
    state.now += 10;
    return values();
  },
};
const gpu = {
  device: { lost: new Promise(() => {}) },
  close() {},
  async run() {
    state.runs++;
    state.now += 5;
    await state.meanwhile();
    return values();
  },
};
const chooser = new Chooser(network, { make: async () => gpu, clock: () => state.now, patience: PATIENCE });
const by = [];

async function asked() {
  await chooser.run();
  await chooser.trial;
  by.push(chooser.gpu ? "gpu" : "processor");
}

const CASES = {
  // The processor runs during each trial, as with many pictures in turn. Then it does no more.
  async busy() {
    state.meanwhile = () => chooser.run();
    await asked();
    state.meanwhile = () => {};
    await asked();
  },

  // The answer is there while the processor runs for longer than the patience, and is seen after that. `stat` is told by
  // node after the timers that are due.
  async blocked() {
    const begun = new Promise((told) => {
      state.meanwhile = () => (state.meanwhile = () => {}, new Promise((done) => (fs.stat(__filename, done), told())));
    });
    await chooser.run();
    await begun;
    state.blocked = 3 * PATIENCE;
    await chooser.run();
    state.blocked = 0;
    await asked();
  },

  async silent() {
    state.meanwhile = () => new Promise(() => {});
    await asked();
  },
};

CASES[process.argv[3]]().then(() => process.stdout.write(JSON.stringify({ by, why: chooser.why, runs: state.runs })));

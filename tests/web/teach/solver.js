"use strict";
// The page's solver under node: node solver.js FOLDER, FOLDER that of the sources. A line of JSON in, one out:
// { call, x: numbers of a Float32Array or null, rest: what follows it, rough: how exactly folds are solved }.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const NAMES = ["operations.js", "teach/regression.js", "teach/head.js", "teach/certain.js"];
const CALLS = "{ solve, temperature, familiarOf, suspects, setsOf, interval, wilson, dealt, optimum, typicalCount }";
const { call, x, rest, rough } = JSON.parse(fs.readFileSync(0, "utf8"));
const sources = NAMES.map((name) => fs.readFileSync(path.join(process.argv[2], name), "utf8").replace("ROUGH = 5e-2", `ROUGH = ${rough}`));

// The head at one penalty, and whether it is certified.
function optimum(x, labels, classes, l2, tolerance) {
  const problem = new Problem(x, labels, classes), weights = new Float32Array(labels.length).fill(1);
  const { theta, certified } = problem.solve(l2, problem.start(1), weights, tolerance);
  return { ...problem.plain(theta), certified };
}
vm.runInThisContext([...sources, optimum, `globalThis.calls = ${CALLS};`].join("\n"));

const found = calls[call](...(x ? [Float32Array.from(x)] : []), ...rest);
const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
process.stdout.write(JSON.stringify(found, plain));

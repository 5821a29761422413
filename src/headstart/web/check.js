"use strict";
// A page's engine under node: node check.js PAGE
// Asked through stdin, picture by picture: three numbers (uint32, little-endian), how, width and height, then the red,
// green and blue bytes. A line of JSON answers each. How, as node.py counts: frames are prepared already, pictures are
// not; "prepared" tells only what pictures are made into, "features" only what the head reads of frames.
const fs = require("fs");
const vm = require("vm");

const html = fs.readFileSync(process.argv[2], "utf8");
const block = (id) => html.split(` id="${id}">`)[1].split("</script>")[0];
vm.runInThisContext(block("engine") + "\nglobalThis.parts = { Classifier, numbersOf, prepare };");

const model = JSON.parse(block("model"));
let made = null;
const classifier = async () => (made = made || new parts.Classifier(model, await parts.numbersOf(block("weights").trim(), model.sections)));
const ready = (pixels, width, height) => parts.prepare(pixels, width, height, 3, model.prepare);
const ways = [
  async (pixels) => (await classifier()).answer(pixels),
  async (...picture) => (await classifier()).answer(ready(...picture)),
  (...picture) => ({ frame: Buffer.from(ready(...picture)).toString("base64") }),
  async (pixels) => ({ features: Array.from((await classifier()).features(made.network.run(pixels))) }),
];

// So many bytes, waited for; null where there are no more.
function read(count) {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const got = fs.readSync(0, bytes, at, count - at);
    if (!got) return null;
    at += got;
  }
  return bytes;
}

async function main() {
  for (let head; (head = read(12)); ) {
    const [how, width, height] = new Uint32Array(head.buffer), pixels = read(3 * width * height);
    const start = performance.now(), found = await ways[how](pixels, width, height);
    fs.writeSync(1, JSON.stringify({ ...found, milliseconds: performance.now() - start }) + "\n");
  }
}

main();

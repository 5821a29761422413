"use strict";
// Asks a page's engine under node: node check.js PAGE PICTURES HOW
// PICTURES: of each picture width and height (uint32, little-endian), then its red, green and blue bytes. HOW: "frames"
// are prepared already, "pictures" are not; "prepared" tells only what pictures are made into, "features" only what the
// head reads of frames. One line of JSON a picture.
const fs = require("fs");
const vm = require("vm");

const [page, pictures, how] = process.argv.slice(2);
const html = fs.readFileSync(page, "utf8");
const block = (id) => html.split(` id="${id}">`)[1].split("</script>")[0];
vm.runInThisContext(block("engine") + "\nglobalThis.parts = { Classifier, prepare };");

const model = JSON.parse(block("model"));
const classifier = how === "prepared" ? null : new parts.Classifier(model, block("weights").trim());
const ready = (pixels, width, height) => parts.prepare(pixels, width, height, 3, model.prepare);
const ways = {
  frames: (pixels) => classifier.answer(pixels),
  pictures: (...picture) => classifier.answer(ready(...picture)),
  prepared: (...picture) => ({ frame: Buffer.from(ready(...picture)).toString("base64") }),
  features: (pixels) => ({ features: Array.from(classifier.features(classifier.network.run(pixels))) }),
};

const bytes = fs.readFileSync(pictures);
for (let at = 0; at < bytes.length; ) {
  const width = bytes.readUInt32LE(at), height = bytes.readUInt32LE(at + 4), end = at + 8 + width * height * 3;
  const start = performance.now(), found = ways[how](new Uint8Array(bytes.subarray(at + 8, end)), width, height);
  console.log(JSON.stringify({ ...found, milliseconds: performance.now() - start }));
  at = end;
}

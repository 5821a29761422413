"use strict";
// Asks a page's engine under node: node check.js PAGE PICTURES [frames|pictures|prepared]
// PICTURES: of each picture width and height (uint32, little-endian), then its red, green and blue bytes. `frames` are
// prepared already, `pictures` are not; `prepared` tells only what they are made into. One line of JSON a picture.
const fs = require("fs");
const vm = require("vm");

const [page, pictures, how] = process.argv.slice(2);
const html = fs.readFileSync(page, "utf8");
const block = (id) => html.split(` id="${id}">`)[1].split("</script>")[0];
vm.runInThisContext(block("engine") + "\nglobalThis.parts = { Classifier, prepare };");

const model = JSON.parse(block("model")), classifier = how === "prepared" ? null : new parts.Classifier(model, block("weights").trim());
const bytes = fs.readFileSync(pictures);
for (let at = 0; at < bytes.length; ) {
  const width = bytes.readUInt32LE(at), height = bytes.readUInt32LE(at + 4), end = at + 8 + width * height * 3;
  const pixels = new Uint8Array(bytes.subarray(at + 8, end)), start = performance.now();
  const frame = how === "frames" ? pixels : parts.prepare(pixels, width, height, 3, model.prepare);
  const found = classifier ? classifier.answer(frame) : { frame: Buffer.from(frame).toString("base64") };
  console.log(JSON.stringify({ ...found, milliseconds: performance.now() - start }));
  at = end;
}

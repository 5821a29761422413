"use strict";
// Where pictures come from: files, folders, drops; each is looked at once, by workers, and its features are kept.

const MOST = 1 << 24; // pixels that are taken from a picture whole
const THUMB = 112; // pixels of a small picture's side
const CORES = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));
const MANY = 24; // pictures waiting, from which on a second worker is worth its start
const model = JSON.parse(here("model").textContent);
const weights = here("weights").textContent.trim();
const PICTURE = /\.(jpe?g|jfif|png|apng|gif|bmp|webp|avif|tiff?|heic|heif|ico|svg)$/i;

// ---- workers ----

class Helper {
  constructor() {
    const source = here("engine").textContent + "\n" + here("ear").textContent;
    this.worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    this.waiting = new Map();
    this.number = 0;
    this.busy = false;
    this.worker.onmessage = ({ data }) => this.heard(data);
    this.worker.onerror = (event) => fault(say("cannot_run", { why: event.message }));
    this.ready = this.ask({ way: "made", model, weights });
  }

  heard(data) {
    const { resolve, reject, tell } = this.waiting.get(data.number);
    if ("share" in data) return tell(data.share);
    this.waiting.delete(data.number);
    if (data.error) reject(new Error(data.error));
    else resolve(data);
  }

  ask(message, passed = [], tell = () => {}) {
    return new Promise((resolve, reject) => {
      this.waiting.set(++this.number, { resolve, reject, tell });
      this.worker.postMessage({ number: this.number, ...message }, passed);
    });
  }
}

const helpers = [];

// ---- one picture ----

// The pixels of a picture over white, and the canvas that they are on.
async function opened(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  try {
    return drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

function drawn(picture, width, height) {
  let part = 1;
  while ((width / part) * (height / part) > MOST && Math.min(width, height) / part >= 4 * model.prepare.resize) part *= 2;
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width / part);
  canvas.height = Math.ceil(height / part);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return { canvas, pixels: pen.getImageData(0, 0, canvas.width, canvas.height).data };
}

// The address of a small picture: the middle, which is about what the network sees.
function small(canvas) {
  const side = Math.min(canvas.width, canvas.height), made = document.createElement("canvas"), pen = made.getContext("2d");
  made.width = made.height = THUMB;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(canvas, (canvas.width - side) / 2, (canvas.height - side) / 2, side, side, 0, 0, THUMB, THUMB);
  return new Promise((done) => made.toBlob((blob) => done(URL.createObjectURL(blob)), "image/jpeg", 0.8));
}

// ---- all pictures, in turn ----

let queue = [], looked = 0, refused = [], copies = 0;

// Every picture that a class has and nobody has looked at.
function enqueue() {
  const wanted = state.classes.flatMap(({ pictures }) => pictures.filter((n) => !records.get(n).features && !records.get(n).taken));
  queue = wanted;
  while (helpers.length < CORES && queue.length > MANY * helpers.length) helpers.push(new Helper());
  helpers.filter((one) => !one.busy).forEach(serve);
}

async function serve(helper) {
  if (!queue.length) return;
  helper.busy = true;
  await helper.ready.catch(() => (queue = []));
  while (queue.length) await lookAt(helper, queue.shift());
  helper.busy = false;
  if (helpers.every((one) => !one.busy)) allLookedAt();
}

async function lookAt(helper, number) {
  const record = records.get(number);
  record.taken = true;
  looked++;
  working(say("looking", { n: looked, of: looked + queue.length }), looked / (looked + queue.length));
  try {
    const { canvas, pixels } = await opened(record.file);
    const { width, height } = canvas, picture = await small(canvas);
    const { features, mark } = await helper.ask({ way: "seen", pixels, width, height }, [pixels.buffer]);
    Object.assign(record, { features, mark, picture });
  } catch (error) {
    refused.push(record.name);
    forget([number]);
  }
  const own = holder(number);
  if (own && own.pictures.some((other) => other !== number && records.get(other).mark === record.mark)) {
    copies++;
    URL.revokeObjectURL(record.picture);
    forget([number]);
  }
  drawSoon();
}

function allLookedAt() {
  const said = [];
  if (refused.length) said.push(say("refused", { n: refused.length, names: refused.slice(0, 3).join(", ") + (refused.length > 3 ? ", …" : "") }));
  if (copies) said.push(say("copies", { n: copies }));
  fault(said.join(" "));
  working("");
  looked = copies = 0;
  refused = [];
  draw();
}

// ---- files and folders ----

function listed(files) {
  return [...files].map((file) => ({ file, name: file.name, path: file.webkitRelativePath || file.name }));
}

function pictured(found) {
  return found.filter(({ file, name }) => !name.startsWith(".") && (file.type.startsWith("image/") || PICTURE.test(name)));
}

// Classes are the folders that pictures lie in: [[name, files], …]; "" is none.
function byFolder(found) {
  const classes = new Map();
  for (const one of found) {
    const name = (one.path.split("/").at(-2) || "").normalize("NFC").trim();
    classes.set(name, [...(classes.get(name) || []), one]);
  }
  return classes;
}

function addFound(found, to) {
  const pictures = pictured(found);
  if (!pictures.length) return fault(say("no_pictures"));
  fault("");
  if (to) return addPictures(to, pictures);
  const classes = byFolder(pictures), loose = classes.get("") || [];
  classes.delete("");
  if (classes.size) addTree(classes);
  if (loose.length) addPictures((state.classes.find((one) => !one.pictures.length) || state.classes.at(-1) || classOf(addClass())).id, loose);
}

// What was dropped, folders and all that is below them.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  if (entries.some((entry) => !entry)) return listed(transfer.files);
  return (await Promise.all(entries.map((entry) => below(entry, entry.name)))).flat();
}

async function below(entry, path) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    return [{ file, name: file.name, path }];
  }
  const reader = entry.createReader(), found = [];
  for (let some; (some = await new Promise((done, failed) => reader.readEntries(done, failed))).length; ) found.push(...some);
  return (await Promise.all(found.map((one) => below(one, path + "/" + one.name)))).flat();
}

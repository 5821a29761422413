"use strict";
// Where pictures come from: files, folders, drops; each is looked at once, by workers, and its features are kept.

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
    this.worker.onerror = (event) => this.ended(event.message);
    this.ready = this.ask({ way: "made", model, weights });
  }

  heard(data) {
    const { resolve, reject, tell } = this.waiting.get(data.number);
    if ("share" in data) return tell(data.share);
    this.waiting.delete(data.number);
    if (data.error) reject(new Error(data.error));
    else resolve(data);
  }

  // Whoever waits hears of it.
  ended(why) {
    for (const { reject } of this.waiting.values()) reject(new Error(why));
    this.waiting.clear();
  }

  ask(message, passed = [], tell = () => {}) {
    return new Promise((resolve, reject) => {
      this.waiting.set(++this.number, { resolve, reject, tell });
      this.worker.postMessage({ number: this.number, ...message }, passed);
    });
  }
}

const helpers = [];
let room = CORES; // workers at most

// ---- one picture ----

// The address of a small picture: the middle, which is about what the network sees.
function small(canvas) {
  const side = Math.min(canvas.width, canvas.height), made = document.createElement("canvas"), pen = made.getContext("2d");
  made.width = made.height = THUMB;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(canvas, (canvas.width - side) / 2, (canvas.height - side) / 2, side, side, 0, 0, THUMB, THUMB);
  return new Promise((done) => made.toBlob((blob) => done(URL.createObjectURL(blob)), "image/jpeg", 0.8));
}

// ---- all pictures, in turn ----

let queue = [], looked = 0, refused = [], copies = 0, failure = "";

// Every picture that a class has and nobody has looked at.
function enqueue() {
  const wanted = state.classes.flatMap(({ pictures }) => pictures.filter((n) => !records.get(n).features && !records.get(n).taken));
  queue = wanted;
  while (helpers.length < room && queue.length > MANY * helpers.length) helpers.push(new Helper());
  helpers.filter((one) => !one.busy).forEach(serve);
}

async function serve(helper) {
  if (!queue.length) return;
  helper.busy = true;
  await helper.ready.catch((error) => dismiss(helper, error));
  while (helpers.includes(helper) && queue.length) await lookAt(helper, queue.shift());
  helper.busy = false;
  if (helpers.every((one) => !one.busy)) allLookedAt();
}

// One that cannot start goes, and no other is started for it. Without the first nothing goes on.
function dismiss(helper, error) {
  if (helper === helpers[0]) {
    failure = error.message;
    queue = [];
  } else {
    helper.worker.terminate();
    helpers.splice(helpers.indexOf(helper), 1);
  }
  room = helpers.length;
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
    setAside(number, error);
  }
  const own = holder(number);
  if (own && record.features && own.pictures.some((other) => other !== number && records.get(other).mark === record.mark)) {
    copies++;
    URL.revokeObjectURL(record.picture);
    forget([number]);
  }
  drawSoon();
}

// What is no picture leaves. Where the network failed the picture stays, and is not learnt from.
function setAside(number, error) {
  const record = records.get(number);
  if (error instanceof Unreadable) {
    refused.push(record.name);
    forget([number]);
  } else {
    record.failed = true;
    failure ||= OWN.includes(error.message) ? error.message : `${record.name}: ${error.message}`;
  }
}

function allLookedAt() {
  const said = [];
  if (refused.length) said.push(say("refused", { n: refused.length, names: refused.slice(0, 3).join(", ") + (refused.length > 3 ? ", …" : "") }));
  if (copies) said.push(say("copies", { n: copies }));
  if (failure) said.push(say(...stopped(failure)));
  fault(said.join(" "));
  working("");
  dropIdleStep();
  looked = copies = 0;
  refused = [];
  failure = "";
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
    const name = tidy(one.path.split("/").at(-2) || "");
    classes.set(name, [...(classes.get(name) || []), one]);
  }
  return classes;
}

function addFound(found, to) {
  const pictures = pictured(found).sort((a, b) => (a.path < b.path ? -1 : 1));
  if (!pictures.length) return fault(say("no_pictures"));
  fault("");
  if (to) return addPictures(to, pictures);
  const classes = byFolder(pictures), loose = classes.get("") || [];
  classes.delete("");
  if (classes.size) addTree(classes);
  if (loose.length) addPictures((state.classes.find((one) => !one.pictures.length) || state.classes.at(-1) || classOf(addClass())).id, loose);
}

// What was dropped, folders and all that is below them. Chromium reads dropped folders of a page that is a file by handles
// alone, others by entries alone; where neither serves, what are files are files.
async function dropped(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file"), files = listed(transfer.files);
  const asked = items.map((item) => (item.getAsFileSystemHandle ? item.getAsFileSystemHandle() : item.webkitGetAsEntry()));
  try {
    const found = await Promise.all((await Promise.all(asked)).map((one) => (one.kind ? ofHandle(one, one.name) : ofEntry(one, one.name))));
    return found.flat();
  } catch (error) {
    return files;
  }
}

async function ofHandle(handle, path) {
  if (handle.kind === "file") return [{ file: await handle.getFile(), name: handle.name, path }];
  const found = [];
  for await (const one of handle.values()) found.push(...(await ofHandle(one, path + "/" + one.name)));
  return found;
}

async function ofEntry(entry, path) {
  if (entry.isFile) return [{ file: await new Promise((done, failed) => entry.file(done, failed)), name: entry.name, path }];
  const reader = entry.createReader(), found = [];
  for (let some; (some = await new Promise((done, failed) => reader.readEntries(done, failed))).length; ) found.push(...some);
  return (await Promise.all(found.map((one) => ofEntry(one, path + "/" + one.name)))).flat();
}

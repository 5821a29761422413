"use strict";
// The page: takes pictures from a file, a drop, the clipboard or the camera, asks the worker, shows what it says.

const SHOWN = 5, LISTED = 8; // answers at most, and classes in a sentence
const FOR = [235, 120, 0], AGAINST = [72, 156, 255], COVER = 0.8, FAINT = 0.08; // as headstart.explaining.overlay
const here = (id) => document.getElementById(id);
const model = JSON.parse(here("model").textContent);

// ---- the worker ----

const CANNOT = "The network cannot run here: ";

const source = here("engine").textContent + "\n" + here("ear").textContent;
const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
const waiting = new Map();
let number = 0;

worker.onmessage = ({ data }) => {
  const { resolve, reject } = waiting.get(data.number);
  waiting.delete(data.number);
  if (data.error) reject(new Error(data.error));
  else resolve(data);
};
worker.onerror = ({ message }) => {
  const error = new Error(CANNOT + message);
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
  fail(error.message);
};

function ask(message, passed = []) {
  return new Promise((resolve, reject) => {
    waiting.set(++number, { resolve, reject });
    worker.postMessage({ number, ...message }, passed);
  });
}

// ---- pictures ----

let latest = 0;

async function take(open) {
  const turn = ++latest;
  try {
    if (!stream) say("Looking …");
    const { canvas, pixels } = await open();
    const found = await ask({ pixels, width: canvas.width, height: canvas.height }, [pixels.buffer]);
    if (turn !== latest) return;
    show(canvas, found);
    say("");
  } catch (error) {
    if (turn === latest) fail(error.message);
  }
}

function takeFile(file) {
  stop();
  return take(() => opened(file));
}

// ---- what is said ----

function say(text) {
  here("state").textContent = text;
  here("state").hidden = !text;
  here("state").classList.remove("fault");
}

function fail(text) {
  say(text);
  here("state").classList.add("fault");
}

function show(canvas, found) {
  const { probabilities, called } = found, sure = probabilities[called];
  here("found").hidden = false;
  const strange = found.similarity !== null && found.similarity < model.familiar.line;
  here("called").textContent = strange ? "none of these" : model.classes[called];
  here("sure").textContent = model.calibrated
    ? "Sure to " + percent(sure) + ": of 100 answers as sure as this, about " + Math.min(99, Math.round(100 * sure)) + " are right."
    : "Sure to " + percent(sure) + ".";
  here("sure").hidden = strange;
  here("bars").textContent = strange ? "If it were one of its classes:" : "How likely each class is:";
  here("legend").replaceChildren("Orange speaks for ", strong(model.classes[called]), ", blue against it.");
  tell("decided", !strange && reason(found));
  tell("coarser", !strange && coarser(found));
  tell("among", !strange && question(found));
  here("strange").hidden = !strange;
  here("nearest").textContent = model.classes[called];
  const order = probabilities.map((p, c) => c).sort((a, b) => probabilities[b] - probabilities[a]);
  here("answers").replaceChildren(...order.slice(0, SHOWN).map((c) => row(model.classes[c], probabilities[c])));
  picture(canvas);
  overlay(found.map);
  here("by-card").hidden = !found.gpu;
}

function tell(id, parts) {
  here(id).hidden = !parts;
  here(id).replaceChildren(...(parts || []));
}

// Why it is not the likeliest class.
function reason({ probabilities, called }) {
  const likeliest = probabilities.indexOf(Math.max(...probabilities)), { costs, thresholds } = model.decision;
  if (called === likeliest) return null;
  if (costs) return [strong(model.classes[likeliest]), " is likelier, but mistakes have costs here, and this answer costs least."];
  const [place, value] = thresholds.find(([place]) => place === called) || thresholds.find(([place]) => place === likeliest);
  const name = strong(model.classes[place]);
  if (place === called) return [name, " is the answer from " + percent(value) + " on, so that few of it are missed."];
  return [name, " is likelier, but is the answer only from " + percent(value) + " on."];
}

// The name from the taxonomy, where that is no class.
function coarser({ certain }) {
  if (!certain || certain.leaf >= 0) return null;
  const wanted = percent(model.tree.sure);
  if (!certain.name) return ["It is " + wanted + " sure of no name: it may be any of them."];
  return ["Only of this is it at least " + wanted + " sure: ", strong(certain.name), ", " + percent(certain.probability) + "."];
}

// Which classes it may be.
function question({ among }) {
  if (!among) return null;
  const promise = " Of 100 such lists, about " + Math.round(100 * model.sets.coverage) + " hold the right class.";
  if (among.length === model.classes.length && among.length > LISTED) return ["Every class comes into question." + promise];
  const names = among.slice(0, LISTED).flatMap((c, place) => [place ? ", " : "", strong(model.classes[c])]);
  const more = among.length - LISTED;
  const start = among.length === 1 ? "Only this comes into question: " : "These come into question: ";
  return [start, ...names, more > 0 ? " and " + more + " more." : ".", promise];
}

function strong(name) {
  const made = document.createElement("b");
  made.textContent = name;
  return made;
}

function row(name, p) {
  const line = document.createElement("li"), bar = document.createElement("progress");
  bar.max = 1;
  bar.value = p;
  bar.setAttribute("aria-label", name);
  line.append(span("name", name), span("share", percent(p)), bar);
  return line;
}

function span(kind, text) {
  const made = document.createElement("span");
  made.className = kind;
  made.textContent = text;
  return made;
}

// The part that the network sees.
function picture(canvas) {
  const { size, resize } = model.prepare, side = (Math.min(canvas.width, canvas.height) * size) / resize;
  const pen = here("picture").getContext("2d"), full = here("picture").width;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(canvas, (canvas.width - side) / 2, (canvas.height - side) / 2, side, side, 0, 0, full, full);
}

function overlay(grid) {
  const canvas = here("looked"), pen = canvas.getContext("2d"), full = canvas.width;
  here("toggle").hidden = here("legend").hidden = !grid;
  pen.clearRect(0, 0, full, full);
  if (!grid) return;
  const side = model.side, mean = grid.reduce((a, b) => a + b, 0) / grid.length;
  const away = grid.map((v) => v - mean), most = Math.max(1e-12, ...away.map(Math.abs)), image = pen.createImageData(full, full);
  for (let y = 0, i = 0; y < full; y++) {
    for (let x = 0; x < full; x++, i += 4) {
      const value = between(away, side, ((x + 0.5) * side) / full - 0.5, ((y + 0.5) * side) / full - 0.5) / most;
      image.data.set(value >= 0 ? FOR : AGAINST, i);
      image.data[i + 3] = Math.round(255 * COVER * Math.min(1, Math.max(0, (Math.abs(value) - FAINT) / (1 - FAINT))));
    }
  }
  pen.putImageData(image, 0, 0);
}

function between(grid, side, x, y) {
  const at = (v) => Math.min(side - 1, Math.max(0, v)), left = Math.floor(at(x)), top = Math.floor(at(y));
  const right = Math.min(side - 1, left + 1), low = Math.min(side - 1, top + 1), dx = at(x) - left, dy = at(y) - top;
  const above = grid[top * side + left] * (1 - dx) + grid[top * side + right] * dx;
  return above * (1 - dy) + (grid[low * side + left] * (1 - dx) + grid[low * side + right] * dx) * dy;
}

// ---- the camera ----

let stream = null;

async function start() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    fail("The camera cannot be used here (" + error.name + "). Choose a picture instead.");
    return;
  }
  here("camera").textContent = "Stop the camera";
  here("answer").setAttribute("aria-live", "off");
  const video = here("video"), mine = stream;
  video.srcObject = mine;
  await video.play();
  while (stream === mine) {
    await take(async () => drawn(video, video.videoWidth, video.videoHeight));
    await new Promise((done) => setTimeout(done, 60));
  }
}

function stop() {
  if (!stream) return;
  stream.getTracks().forEach((track) => track.stop());
  stream = null;
  here("video").srcObject = null;
  here("camera").textContent = "Use the camera";
  here("answer").setAttribute("aria-live", "polite");
}

// ---- the start ----

function listen() {
  here("file").addEventListener("change", (event) => {
    if (event.target.files.length) takeFile(event.target.files[0]);
    event.target.value = "";
  });
  here("show").addEventListener("change", (event) => (here("looked").hidden = !event.target.checked));
  here("camera").addEventListener("click", () => (stream ? stop() : start()));
  here("camera").hidden = !(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
  document.addEventListener("paste", (event) => fromList(event.clipboardData.files));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    here("ask").classList.add("over");
  });
  document.addEventListener("dragleave", () => here("ask").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    here("ask").classList.remove("over");
    fromList(event.dataTransfer.files);
  });
}

function fromList(files) {
  if (files.length) takeFile(files[0]);
}

function listed(names) {
  return names.length < 2 ? names.join() : names.slice(0, -1).join(", ") + " and " + names.at(-1);
}

function introduce() {
  const { classes } = model, few = classes.length <= 12;
  here("known").textContent = "It knows " + (few ? listed(classes) : classes.length + " classes") + ".";
  here("classes").textContent = few ? "" : classes.join(", ");
  here("card").replaceChildren(...model.card.map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  }));
}

async function main() {
  introduce();
  listen();
  try {
    checkCanvas();
    const { away } = await ask({ model, weights: here("weights").textContent.trim() });
    here("weights").remove();
    if (!(away <= model.allowed)) return fail("This browser calculates something else than the classifier was made for. Try another one.");
    if (!latest) say("");
  } catch (error) {
    fail(error.message.startsWith(CANNOT) ? error.message : CANNOT + error.message);
  }
}

main();

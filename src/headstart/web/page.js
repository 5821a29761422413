"use strict";
// The page: takes pictures from a file, a drop, the clipboard or the camera, asks the worker, shows what it says.

const SHOWN = 5, LISTED = 8; // answers at most, and classes in a sentence
const FOR = [235, 120, 0], AGAINST = [72, 156, 255], COVER = 0.8, FAINT = 0.08; // as headstart.explaining.overlay
const model = JSON.parse(here("model").textContent);

// ---- the worker ----

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
  for (const { reject } of waiting.values()) reject(new Error(message));
  waiting.clear();
  fault(...stopped(message));
};

function ask(message, passed = []) {
  return new Promise((resolve, reject) => {
    waiting.set(++number, { resolve, reject });
    worker.postMessage({ number, ...message }, passed);
  });
}

// ---- pictures ----

let latest = 0;
let last = null; // what is shown, to be said again in another language

async function take(open) {
  const turn = ++latest;
  try {
    if (!stream) working("looking");
    const { canvas, pixels } = await open();
    const found = await ask({ pixels, width: canvas.width, height: canvas.height }, [pixels.buffer]);
    if (turn !== latest) return;
    last = { canvas, found };
    show(canvas, found);
    working("");
  } catch (error) {
    if (turn !== latest) return;
    here("found").hidden = true; // what was shown before is no answer to this
    last = null;
    fault(...(error instanceof Unreadable ? ["no_picture"] : stopped(error.message)));
  }
}

function takeFile(file) {
  stop();
  return take(() => opened(file));
}

// ---- what is said ----

function show(canvas, found) {
  const { probabilities, called } = found, sure = probabilities[called];
  here("found").hidden = false;
  const strange = found.similarity !== null && found.similarity < model.familiar.line;
  here("called").textContent = strange ? say("none_of_these") : model.classes[called];
  here("sure").textContent = say(model.calibrated ? "checked" : "sure", { p: percent(sure), n: Math.min(99, Math.round(100 * sure)) });
  here("sure").hidden = strange;
  here("bars").textContent = say(strange ? "if_one" : "likely");
  here("legend").replaceChildren(...parts("legend", { name: strong(model.classes[called]) }));
  tell("decided", !strange && reason(found));
  tell("coarser", !strange && coarser(found));
  tell("among", !strange && question(found));
  tell("strange", strange && parts("strange", { name: strong(model.classes[called]) }));
  const order = probabilities.map((p, c) => c).sort((a, b) => probabilities[b] - probabilities[a]);
  here("answers").replaceChildren(...order.slice(0, SHOWN).map((c) => row(model.classes[c], probabilities[c])));
  picture(canvas);
  overlay(strange ? null : found.map); // a map for a class that it is not tells nothing
  here("by-gpu").hidden = !found.gpu;
}

function tell(id, said) {
  here(id).hidden = !said;
  here(id).replaceChildren(...(said || []));
}

// Why it is not the likeliest class.
function reason({ probabilities, called }) {
  const likeliest = probabilities.indexOf(Math.max(...probabilities)), { costs, thresholds } = model.decision;
  if (called === likeliest) return null;
  if (costs) return parts("cheapest", { name: strong(model.classes[likeliest]) });
  const [place, value] = thresholds.find(([place]) => place === called) || thresholds.find(([place]) => place === likeliest);
  return parts(place === called ? "called_from" : "only_from", { name: strong(model.classes[place]), p: limit(value) });
}

// The name from the taxonomy, where that is no class.
function coarser({ certain }) {
  if (!certain || certain.leaf >= 0) return null;
  const p = percent(model.tree.sure);
  return certain.name ? parts("coarser", { p, name: strong(certain.name), q: percent(certain.probability) }) : parts("no_name", { p });
}

// Which classes it may be; nothing where that is one, since it has been named.
function question({ among }) {
  if (!among || among.length < 2) return null;
  const promise = [" ", say("promise", { n: Math.round(100 * model.sets.coverage) })], n = among.length;
  if (n === model.classes.length && n > LISTED) return [say("every_class"), ...promise];
  const names = among.slice(0, LISTED).map((c) => strong(model.classes[c])), more = n - LISTED;
  return [...parts("among", { names: listing(more > 0 ? [...names, say("more", { n: more })] : names) }), ...promise];
}

function strong(name) {
  return make("b", {}, name);
}

function row(name, p) {
  return make("li", {}, make("span", { class: "name" }, name), make("span", { class: "share" }, percent(p)), make("progress", { max: 1, value: p, "aria-label": name }));
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
  here("toggle").hidden = here("legend").hidden = here("untested").hidden = !grid;
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
    fault("no_camera", { why: error.name });
    return;
  }
  reword(here("camera"), "camera_off");
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
  reword(here("camera"), "camera");
  here("answer").setAttribute("aria-live", "polite");
}

// ---- the start ----

function listen() {
  listenForFiles(([file]) => file && takeFile(file));
  here("show").addEventListener("change", (event) => (here("looked").hidden = !event.target.checked));
  here("camera").addEventListener("click", () => (stream ? stop() : start()));
  here("camera").hidden = !(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
}

function introduce() {
  const { classes } = model, few = classes.length <= 12;
  here("known").textContent = few ? say("knows", { names: listing(classes).join("") }) : say("knows_n", { n: classes.length });
  here("classes").textContent = few ? "" : classes.join(", ");
  here("card").replaceChildren(...model.card.map((line) => make("li", {}, fact(line))));
}

// A line of the card: the name of its sentence, what is filled in, and of that the shares and the limits.
function fact({ say: name, values, shares, limits }) {
  return say(name, { ...values, ...each(shares, percent), ...each(limits, limit) });
}

function each(values, written) {
  return Object.fromEntries(Object.entries(values || {}).map(([key, p]) => [key, written(p)]));
}

function draw() {
  introduce();
  if (last) show(last.canvas, last.found);
}

async function main() {
  introduce();
  listen();
  chooseLanguage(draw);
  try {
    checkCanvas();
    const { away } = await ask({ model, weights: here("weights").textContent.trim() });
    here("weights").remove();
    if (!(away <= model.allowed)) return fault("other_numbers");
    if (!latest) working("");
  } catch (error) {
    fault(...stopped(error.message));
  }
}

main();

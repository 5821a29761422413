"use strict";
// What is seen: the cards of the classes, what training came to, and answers. draw() brings all of it in line with state.

const TILES = 24; // small pictures of a class, unless all are asked for
const DOUBTS = 12, SHOWN = 5;
const cards = new Map(); // class → its card
const whole = new Set(); // classes of which all pictures are shown
let soon = false;

function drawSoon() {
  if (soon) return;
  soon = true;
  requestAnimationFrame(() => ((soon = false), draw()));
}

function draw() {
  drawCards();
  drawTraining();
  drawResult();
  drawDoubts();
  drawAnswer();
  here("undo").disabled = !past.length;
  here("undo").textContent = past.length ? say("undo_what", { what: past.at(-1)[0]() }) : say("undo");
  here("tried").hidden = !learnt.head;
  here("try-first").hidden = Boolean(learnt.head);
  here("save").disabled = !learnt.head || training;
  here("stale").hidden = !learnt.head || !stale();
  here("save-zip").disabled = !state.classes.some(({ pictures }) => pictures.length);
}

// ---- the classes ----

function drawCards() {
  for (const [id, card] of cards) if (!classOf(id)) dropCard(id, card);
  state.classes.forEach((one, place) => {
    if (!cards.has(one.id)) cards.set(one.id, newCard(one.id));
    const card = cards.get(one.id), shelf = here("cards");
    if (shelf.children[place] !== card.element) shelf.insertBefore(card.element, shelf.children[place] || null);
    drawCard(card, one, place);
  });
}

function dropCard(id, { element, video }) {
  if (camera && camera.video === video) closeCamera();
  element.remove();
  cards.delete(id);
}

function drawCard(card, { id, name, pictures }, place) {
  card.element.className = "card hue" + (place % 8);
  if (document.activeElement !== card.name) card.name.value = name;
  card.name.setAttribute("aria-label", say("name_of", { n: place + 1 }));
  card.element.setAttribute("aria-label", name);
  card.count.textContent = say("n_pictures", { n: pictures.length });
  card.remove.setAttribute("aria-label", say("remove_class", { name }));
  for (const [part, word] of card.words) part.textContent = say(word);
  card.empty.hidden = pictures.length > 0;
  const shown = whole.has(id) ? pictures : pictures.slice(-TILES);
  card.more.hidden = shown.length === pictures.length;
  card.more.textContent = say("show_all", { n: pictures.length });
  drawTiles(card, shown, name);
}

function drawTiles(card, shown, name) {
  const wanted = new Set(shown);
  for (const [number, tile] of card.tiles) if (!wanted.has(number)) (tile.remove(), card.tiles.delete(number));
  shown.forEach((number, place) => {
    if (!card.tiles.has(number)) card.tiles.set(number, newTile(number));
    const tile = card.tiles.get(number), { picture } = records.get(number), image = tile.firstChild;
    if (card.shelf.children[place] !== tile) card.shelf.insertBefore(tile, card.shelf.children[place] || null);
    if (picture && image.src !== picture) image.src = picture;
    tile.classList.toggle("waits", !picture);
    tile.tabIndex = place ? -1 : 0;
    tile.setAttribute("aria-label", say("remove_picture", { n: place + 1, name }));
  });
}

// One stop for the Tab key; arrows lead from picture to picture.
function walk(event) {
  const { children } = event.currentTarget, here = [...children].indexOf(event.target), last = children.length - 1;
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: last }[event.key];
  if (to === undefined || here < 0) return;
  event.preventDefault();
  children[Math.min(last, Math.max(0, to))].focus();
}

function newTile(number) {
  const tile = make("button", { type: "button", class: "tile" }, make("img", { alt: "", width: THUMB, height: THUMB }), make("span", { class: "cross", "aria-hidden": "true" }, "×"));
  tile.addEventListener("click", () => {
    const next = tile.nextElementSibling || tile.previousElementSibling, name = tile.closest(".card").querySelector("input");
    removePicture(number);
    (next || name).focus();
  });
  return tile;
}

function newCard(id) {
  const card = { tiles: new Map(), words: [] };
  const word = (tag, name, attributes = {}) => {
    const part = make(tag, attributes);
    card.words.push([part, name]);
    return part;
  };
  const chooser = (name, more) => make("label", { class: "button" }, make("input", { type: "file", multiple: true, ...more, change: (event) => given(event, id) }), word("span", name));
  card.name = make("input", { class: "name", type: "text", maxlength: 80, autocomplete: "off", spellcheck: "false" });
  card.count = make("span", { class: "count" });
  card.remove = make("button", { type: "button", class: "plain", click: () => removeClass(id) }, "×");
  card.empty = word("p", "empty", { class: "note" });
  card.shelf = make("div", { class: "tiles", keydown: walk });
  card.more = make("button", { type: "button", class: "link", click: () => (whole.add(id), draw()) });
  card.video = make("video", { playsinline: true, muted: true, hidden: true, "aria-hidden": "true" });
  card.hold = word("button", "hold", { type: "button", class: "primary", hidden: true });
  card.camera = make("button", { type: "button", click: () => toggleCamera(card) }, word("span", "camera"));
  const folder = "webkitdirectory" in card.name ? [chooser("add_folder", { webkitdirectory: true })] : [];
  const actions = make("div", { class: "actions" }, chooser("add_pictures", { accept: "image/*" }), ...folder, ...(hasCamera() ? [card.camera] : []));
  card.element = make("article", { "data-class": id }, make("div", { class: "head" }, make("span", { class: "dot", "aria-hidden": "true" }), card.name, card.count, card.remove), actions, card.video, card.hold, card.empty, card.shelf, card.more);
  card.name.addEventListener("change", () => rename(id, card.name.value) || (card.name.value = classOf(id).name));
  card.name.addEventListener("keydown", (event) => event.key === "Enter" && card.name.blur());
  card.name.addEventListener("focus", () => card.name.select());
  holding(card.hold, (file, hold) => addHeld(id, file, hold));
  return card;
}

function hasCamera() {
  return Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
}

async function toggleCamera(card) {
  if (camera && camera.video === card.video) return closeCamera();
  const word = card.words.find(([part]) => part.parentElement === card.camera);
  const show = (open) => {
    card.video.hidden = card.hold.hidden = !open;
    word[1] = open ? "camera_off" : "camera";
    word[0].textContent = say(word[1]);
  };
  if (await openCamera(card.video, () => show(false))) show(true);
}

// ---- what training came to ----

function drawTraining() {
  const few = ready().length < 2, wait = waiting();
  here("train").disabled = few || wait || training;
  const old = learnt.head && stale();
  here("train").textContent = say(old ? "train_again" : "train_now");
  here("lacking").textContent = wait || training ? "" : few ? say("need_two") : old ? say("changed") : "";
}

function drawResult() {
  here("result").hidden = !learnt.head;
  if (!learnt.head) return;
  const { right, accuracy, interval, labels, numbers } = learnt;
  here("accuracy").textContent = right ? percent(accuracy) : "";
  here("accuracy").hidden = here("by-class").hidden = !right;
  if (!right) {
    here("meaning").textContent = say("too_few", { n: numbers.length });
    here("how").textContent = say("too_few_how");
    return;
  }
  const counts = learnt.told.map((_, c) => labels.filter((label) => label === c).length), most = counts.indexOf(Math.max(...counts));
  here("meaning").textContent = say("meaning", { low: percent(interval[0]), high: percent(interval[1]), n: numbers.length });
  here("how").textContent = say("held_out") + " " + say("baseline", { name: names()[most], share: percent(counts[most] / labels.length) });
  here("by-class").replaceChildren(table(byClass()));
}

function table(rows) {
  const bar = (share, name) => make("progress", { max: 1, value: share, "aria-label": say("right_of_class", { name }) });
  const head = make("tr", {}, ...["class", "right", "taken_for"].map((word) => make("th", { scope: "col" }, say(word))));
  const body = rows.map(({ name, right, of, other }) =>
    make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "number" }, say("n_of", { n: right, of }), bar(right / of, name)), make("td", {}, other === null ? "–" : other)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

// ---- pictures that look wrong ----

function drawDoubts() {
  const found = doubtful();
  const wrong = found.filter((one) => one.wrong), rest = found.filter((one) => !one.wrong);
  here("doubt").hidden = !wrong.length;
  here("doubts").replaceChildren(...wrong.slice(0, DOUBTS).map(doubtOf));
  here("mistaken").hidden = !rest.length;
  here("mistakes-title").textContent = say("mistaken", { n: rest.length });
  here("mistakes").replaceChildren(...rest.slice(0, DOUBTS).map(doubtOf));
}

function doubtOf({ number, own, other, p, q }) {
  const act = (word, values, does) => make("button", { type: "button", click: () => (does(), (document.querySelector(".doubts button") || here("train")).focus()) }, say(word, values));
  const said = make("p", {}, say("looks_like", { name: own.name, other: other.name, p: percent(p), q: percent(q) }));
  return make("li", {}, make("img", { alt: "", src: records.get(number).picture, width: THUMB, height: THUMB }), make("div", {}, said, make("div", { class: "actions" },
    act("move_to", { name: other.name }, () => movePicture(number, other.id)),
    act("remove", {}, () => removePicture(number)),
    act("keep_it", {}, () => (kept.add(number), draw())))));
}

// ---- answers ----

let turn = 0;
let answered = null; // the last answer, to be said again in another language

async function answer(open) {
  const mine = ++turn;
  try {
    const { canvas, pixels } = await open();
    const { width, height } = canvas, found = await helpers[0].ask({ way: "named", pixels, width, height }, [pixels.buffer]);
    if (mine !== turn) return;
    answered = { ...found, canvas };
    drawAnswer();
  } catch (error) {
    if (mine === turn) fault(error instanceof Unreadable ? say("no_picture") : say(...stopped(error.message)));
  }
}

function drawAnswer() {
  here("found").hidden = !answered;
  if (!answered) return;
  const { probabilities, called, similarity, canvas } = answered, { familiar, temperature } = learnt, own = names();
  const strange = familiar && similarity < familiar.line;
  put("called", strange ? say("none_of_these") : own[called]);
  put("sure", strange ? say("strange", { name: own[called] }) : say(temperature ? "sure" : "unsure", { p: percent(probabilities[called]) }));
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).slice(0, SHOWN);
  here("answers").replaceChildren(...order.map((c) => answerOf(own[c], probabilities[c])));
  const { size, resize } = model.prepare, side = (Math.min(canvas.width, canvas.height) * size) / resize, full = here("asked").width;
  const pen = here("asked").getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(canvas, (canvas.width - side) / 2, (canvas.height - side) / 2, side, side, 0, 0, full, full);
}

function answerOf(name, p) {
  return make("li", {}, make("span", { class: "name" }, name), make("span", { class: "share" }, percent(p)), make("progress", { max: 1, value: p, "aria-label": name }));
}

async function live() {
  if (camera && camera.video === here("live-video")) return closeCamera();
  const video = here("live-video"), show = (on) => {
    reword(here("live"), on ? "camera_off" : "camera");
    here("told").setAttribute("aria-live", on ? "off" : "polite");
  };
  const mine = await openCamera(video, () => show(false));
  if (!mine) return;
  show(true);
  while (camera === mine) {
    await answer(async () => drawn(video, video.videoWidth, video.videoHeight));
    await new Promise((done) => setTimeout(done, 60));
  }
}

"use strict";
// The page that asks the server. Texts of strangers go in as text, never as markup.

const SHOWN = 5; // answers of a picture at most
// What the server says of a file, and how the page says it.
const REASONS = [[/^not a picture/, "not_a_picture"], [/^truncated/, "no_end"], [/^empty file/, "no_content"], [/^corrupt/, "damaged"]];
const REFUSED = { 401: "wrong_token", 408: "slow", 413: "too_large", 422: "none_usable", 503: "busy", 504: "slow" };
let token = "";
let card = null; // what the server's model is
let last = null; // what is shown, to be said again in another language

// A request that came to nothing: the name of a sentence, and what is filled in.
class Failed extends Error {
  constructor(name, values = {}) {
    super(name);
    this.values = values;
  }
}

// The answer as JSON. Throws a Failed; its `told` is what the server says.
async function asked(path, options = {}) {
  const headers = token ? {Authorization: "Bearer " + token} : {};
  let answer, text;
  try {
    answer = await fetch(path, {...options, headers, credentials: "omit"});
    text = await answer.text();
  } catch {
    throw new Failed("no_server");
  }
  const told = parsed(text), {status, ok} = answer;
  if (ok && told) return told;
  if (told && typeof told.detail === "string") throw Object.assign(new Failed(REFUSED[status] || "refused", filledIn(status, told)), {status, told});
  throw new Failed(status === 413 ? "proxy_limit" : "proxy", {status: String(status)});
}

function filledIn(status, told) {
  const {body, pixels, pictures} = card ? card.limits : {};
  return {status: String(status), n: (told.left_out || []).length, pictures, mb: body / 1e6, million: pixels / 1e6};
}

// What JSON says, or null where the text is none.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function begin() {
  try {
    card = await asked("/v1/model");
  } catch (error) {
    here("key").hidden = error.status !== 401;
    if (error.status !== 401 || token) fault(error.message, error.values);
    else working("");
    if (error.status === 401) here("token").focus();
    return;
  }
  here("key").hidden = true;
  here("ask").hidden = here("about").hidden = false;
  working("");
  draw();
}

function draw() {
  if (!card) return;
  const names = card.classes;
  here("known").textContent = names.length <= 6 ? say("knows", {names: listing(names).join("")}) : say("knows_n", {n: names.length});
  here("classes").textContent = say("classes", {names: names.join(", ")});
  here("card").replaceChildren(...facts().map(text => make("li", {}, text)));
  if (last) show(...last);
}

function facts() {
  const found = [say("network", {name: card.backbone, size: card.image_size})];
  for (const [split, score] of Object.entries(card.measured)) {
    const [low, high] = score.interval.map(percent);
    found.push(say("measured", {share: percent(score.accuracy), n: score.n, split, low, high}));
  }
  if (card.certainty.least_similarity === null) found.push(say("no_line"));
  return found;
}

// ---- pictures ----

let turn = 0;

async function look(files) {
  if (!files.length || here("ask").hidden) return;
  const mine = ++turn;
  working("waiting", {n: files.length});
  const unread = await unreadable(files);
  try {
    const told = await answered(files, unread);
    if (mine !== turn) return;
    show(files, told.predictions, [...unread, ...told.left_out]);
    working("");
  } catch (error) {
    if (mine !== turn) return;
    show(files, [], [...unread, ...((error.told && error.told.left_out) || [])]);
    fault(error.message, error.values);
  }
}

// Those that the browser cannot read, as the server tells what it leaves out: folders, and files that were moved since.
// Sending one fails as a server does that is not there.
async function unreadable(files) {
  const read = await Promise.all([...files].map(file => file.slice(0, 1).arrayBuffer().then(() => true, () => false)));
  return read.flatMap((known, place) => known ? [] : [{path: String(place), reason: "unreadable"}]);
}

async function answered(files, unread) {
  if (unread.length === files.length) throw new Failed("none_usable", {n: files.length});
  const form = new FormData(), without = new Set(unread.map(({path}) => path));
  [...files].forEach((file, place) => without.has(String(place)) || form.append("file", file, String(place)));  // names stay here
  return asked("/v1/predict?top=" + SHOWN, {method: "POST", body: form});
}

function show(files, predictions, leftOut) {
  last = [files, predictions, leftOut];
  for (const old of here("pictures").querySelectorAll("img")) URL.revokeObjectURL(old.src);
  const rows = new Map([...leftOut.map(one => [one.path, refused(one)]), ...predictions.map(one => [one.path, named(one)])]);
  here("pictures").replaceChildren(...[...files].flatMap((file, place) => rows.has(String(place)) ? [row(file, rows.get(String(place)))] : []));
}

function row(file, said) {
  return make("li", {}, seen(file), make("div", {}, make("p", {class: "name"}, file.name), ...said));
}

// The picture, or its empty place where the browser cannot show it.
function seen(file) {
  const src = URL.createObjectURL(file), picture = make("img", {alt: "", src});
  picture.addEventListener("error", () => {
    URL.revokeObjectURL(src);
    picture.replaceWith(make("span", {class: "none"}));
  });
  return picture;
}

function refused({reason}) {
  const [, name] = REASONS.find(([known]) => known.test(reason)) || [null, "no_use"];
  return [make("p", {class: "callout fault"}, say(name))];
}

function named(one) {
  const called = one.out_of_place ? say("none_of_these") : one.decided || one.label;
  const list = make("ol", {class: "answers"}, ...one.top.map(answer));
  const strange = one.out_of_place ? [make("p", {class: "callout strange"}, say("strange", {name: one.label}))] : [];
  return [make("p", {class: "big"}, called), ...strange, list];
}

function answer({label, confidence}) {
  const share = percent(confidence), bar = make("progress", {max: 1, value: confidence, "aria-label": `${label}: ${share}`});
  return make("li", {}, make("span", {class: "name"}, label), make("span", {class: "share"}, share), bar);
}

// ---- the ways in ----

listenForFiles(look);
here("key").addEventListener("submit", (event) => {
  event.preventDefault();
  token = here("token").value.trim();
  here("token").value = "";
  begin();
});

// Where a % stands for itself, the text is as it is.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// A token behind # was never sent; it is taken, and gone from the address.
if (location.hash.startsWith("#token=")) {
  token = decoded(location.hash.slice(7));
  history.replaceState(null, "", location.pathname);
}
chooseLanguage(draw);
begin();

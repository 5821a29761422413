"use strict";
// The page that asks the server. Texts of strangers go in as text, never as markup.

const SHOWN = 5; // answers of a picture at most
const here = (id) => document.getElementById(id);
let token = "";

function made(tag, className, text) {
  const one = document.createElement(tag);
  if (className) one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
}

function say(text, fault) {
  here("state").hidden = !text;
  here("state").textContent = text;
  here("state").classList.toggle("fault", Boolean(fault));
}

// The answer as JSON. Throws an Error whose message is the server's own line.
async function asked(path, options = {}) {
  const headers = token ? {Authorization: "Bearer " + token} : {};
  let answer, text;
  try {
    answer = await fetch(path, {...options, headers, credentials: "omit"});
    text = await answer.text();
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  const told = parsed(text), {status, ok} = answer;
  if (ok && told) return told;
  if (told && typeof told.detail === "string") throw Object.assign(new Error(told.detail), {status, told});
  if (status === 413) throw new Error("What stands between this page and the server, such as a proxy, lets no more through (413). Choose fewer or smaller pictures.");
  throw new Error(`Something else than the server answered, such as a proxy before it (${status}). Is the server still running?`);
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
  let card;
  try {
    card = await asked("/v1/model");
  } catch (error) {
    here("key").hidden = error.status !== 401;
    say(error.status !== 401 ? error.message : token ? "That is not the server’s token." : "", true);
    if (error.status === 401) here("token").focus();
    return;
  }
  here("key").hidden = true;
  here("ask").hidden = here("about").hidden = false;
  say("");
  const names = card.classes;
  here("known").textContent = names.length <= 6 ? "It knows " + names.join(", ") + "." : `It knows ${names.length} classes.`;
  here("classes").textContent = "Classes: " + names.join(", ");
  here("card").replaceChildren(...facts(card).map(text => made("li", "", text)));
}

function facts(card) {
  const found = [`The network is ${card.backbone}. It sees ${card.image_size} × ${card.image_size} pixels, the middle of the picture.`];
  for (const [name, score] of Object.entries(card.measured)) {
    const [low, high] = score.interval;
    found.push(`It named ${percent(score.accuracy)} of ${score.n} pictures rightly (${name}; 95 % interval ${percent(low)} to ${percent(high)}).`);
  }
  if (card.certainty.least_similarity === null) found.push("It cannot tell a picture that is of none of its classes: it always names one.");
  return found;
}

// ---- pictures ----

let turn = 0;

async function look(files) {
  if (!files.length || here("ask").hidden) return;
  const mine = ++turn;
  say(files.length === 1 ? "Asking …" : `Asking about ${files.length} pictures …`);
  const form = new FormData();
  [...files].forEach((file, place) => form.append("file", file, String(place)));  // names stay here
  try {
    const told = await asked("/v1/predict?top=" + SHOWN, {method: "POST", body: form});
    if (mine !== turn) return;
    show(files, told.predictions, told.left_out);
    say("");
  } catch (error) {
    if (mine !== turn) return;
    show(files, [], (error.told && error.told.left_out) || []);
    say(error.message, true);
  }
}

function show(files, predictions, leftOut) {
  for (const old of here("pictures").querySelectorAll("img")) URL.revokeObjectURL(old.src);
  const rows = new Map([...leftOut.map(one => [one.path, refused(one)]), ...predictions.map(one => [one.path, named(one)])]);
  here("pictures").replaceChildren(...[...files].flatMap((file, place) => rows.has(String(place)) ? [row(file, rows.get(String(place)))] : []));
}

function row(file, parts) {
  const one = made("li"), picture = made("img"), body = made("div");
  picture.alt = "";
  picture.src = URL.createObjectURL(file);
  picture.addEventListener("error", () => picture.replaceWith(made("span", "none")));
  body.append(made("p", "name", file.name), ...parts);
  one.append(picture, body);
  return one;
}

function refused(one) {
  return [made("p", "callout fault", `It cannot be used: ${one.reason}.`)];
}

function named(one) {
  const called = one.out_of_place ? "none of these" : one.decided || one.label;
  const list = made("ol", "answers");
  for (const answer of one.top) {
    const line = made("li"), bar = made("progress");
    bar.max = 1;
    bar.value = answer.confidence;
    bar.setAttribute("aria-label", `${answer.label}: ${percent(answer.confidence)}`);
    line.append(made("span", "name", answer.label), made("span", "share", percent(answer.confidence)), bar);
    list.append(line);
  }
  const parts = [made("p", "big", called), list];
  if (one.out_of_place) parts.splice(1, 0, made("p", "callout strange", `It is unlike the pictures that this classifier has learnt from. Of its classes it would be called ${one.label}.`));
  return parts;
}

// ---- the ways in ----

here("file").addEventListener("change", (event) => { look([...event.target.files]); event.target.value = ""; });
document.addEventListener("dragover", (event) => { event.preventDefault(); here("ask").classList.add("over"); });
document.addEventListener("dragleave", () => here("ask").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  here("ask").classList.remove("over");
  look([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => look([...event.clipboardData.files]));
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
begin();

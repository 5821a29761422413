"use strict";
// What a page says, in the language that is chosen: words.json has every sentence in all of them.

const here = (id) => document.getElementById(id);
const WORDS = JSON.parse(here("words").textContent);
const ASKED = (navigator.languages || [navigator.language]).map((tag) => tag.slice(0, 2));
let language = ASKED.find((tag) => tag in WORDS) || "en";

// The sentence called `name` in parts, {placeholders} filled in by texts, elements or lists of them. One that counts has
// forms, chosen by values.n.
function parts(name, values = {}) {
  const said = WORDS[language][name], text = typeof said === "string" ? said : said[new Intl.PluralRules(language).select(values.n)] || said.other;
  const filled = (key) => (typeof values[key] === "number" ? values[key].toLocaleString(language) : values[key]);
  return text.split(/\{(\w+)\}/).flatMap((part, place) => (place % 2 ? filled(part) : part || []));
}

function say(name, values) {
  return parts(name, values).join("");
}

const OWN = ["old_browser", "hides_pictures"]; // what is thrown and has a sentence of its own

// What kept the network from running, as a sentence's name and values: its own, or with what the browser says.
function stopped(message) {
  return OWN.includes(message) ? [message] : ["cannot_run", { why: message }];
}

// A share, its sign as the language has it: the same in all browsers, whose Intl differs.
function percent(p) {
  const [sign, shown] = p > 0.995 && p < 1 ? [">\u00a0", 0.99] : p > 0 && p < 0.005 ? ["<\u00a0", 0.01] : ["", p];
  return sign + say("share", { n: Math.round(100 * shown) });
}

// A probability from which on something is done, with as many digits as it needs.
function limit(p) {
  return say("share", { n: Number((100 * p).toPrecision(p < 0.1 ? 2 : 3)) });
}

// "ants, bees and wasps", in parts.
function listing(items) {
  const list = new Intl.ListFormat(language === "en" ? "en-GB" : language), places = items.map((_, place) => String(place));
  return list.formatToParts(places).map(({ type, value }) => (type === "element" ? items[value] : value));
}

// ---- in the page ----

function translate() {
  document.documentElement.lang = language;
  document.title = say("title");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word, JSON.parse(one.dataset.values || "{}"));
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
}

// Gives an element another sentence, which it keeps in another language too.
function reword(element, name, values = {}) {
  element.dataset.word = name;
  element.dataset.values = JSON.stringify(values);
  element.textContent = say(name, values);
}

// Lets the reader choose; `draw` says anew what the page itself has said.
function chooseLanguage(draw) {
  const chooser = here("language");
  chooser.append(...Object.keys(WORDS).map((tag) => make("option", { value: tag, lang: tag }, WORDS[tag].itself)));
  chooser.value = language;
  chooser.addEventListener("change", () => {
    language = chooser.value;
    translate();
    draw();
  });
  chooser.parentElement.hidden = false;
}

// An element with attributes and children; text stays text.
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

translate(); // before what is large is read

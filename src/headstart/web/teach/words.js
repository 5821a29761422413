"use strict";
// What the page says, in the language that is chosen: words.json has every sentence in all of them.

const here = (id) => document.getElementById(id);
const WORDS = JSON.parse(here("words").textContent);
const ASKED = (navigator.languages || [navigator.language]).map((tag) => tag.slice(0, 2));
let language = ASKED.find((tag) => tag in WORDS) || "en";

// The sentence called `name`, {placeholders} filled in. One that counts has forms, chosen by values.n.
function say(name, values = {}) {
  const said = WORDS[language][name], text = typeof said === "string" ? said : said[new Intl.PluralRules(language).select(values.n)] || said.other;
  return text.replace(/\{(\w+)\}/g, (_, key) => (typeof values[key] === "number" ? values[key].toLocaleString(language) : values[key]));
}

function percent(p) {
  const shown = p > 0.995 && p < 1 ? ["> ", 0.99] : p > 0 && p < 0.005 ? ["< ", 0.01] : ["", p];
  return shown[0] + shown[1].toLocaleString(language, { style: "percent", maximumFractionDigits: 0 });
}

function translate() {
  document.documentElement.lang = language;
  document.title = say("title");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
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

// ---- what is going on, and what went wrong ----

function working(text, share = null) {
  here("work").hidden = !text;
  here("work").setAttribute("aria-live", share === null ? "polite" : "off"); // nobody wants every picture read out
  here("doing").textContent = text;
  here("done").hidden = share === null;
  if (share !== null) here("done").value = share;
}

function fault(text) {
  here("fault").hidden = !text;
  put("fault", text);
}

// Said only where it is new: a text that is put anew is read out anew.
function put(id, text) {
  if (here(id).textContent !== text) here(id).textContent = text;
}

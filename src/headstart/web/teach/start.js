"use strict";
// The start: what listens to whom.

function given(event, to) {
  addFound(listed(event.target.files), to);
  event.target.value = "";
}

// In another language. Empty classes that the page has named are named anew.
function redraw() {
  const name = (place) => say("class_n", { n: place + 1 }), saved = safe === state;
  const anew = (one, place) => (one.given && !one.pictures.length && !named(name(place)) ? { ...one, name: name(place) } : one);
  state = { classes: state.classes.map(anew) };
  if (saved) safe = state;
  draw();
  if (!training && !waiting()) working("");
}

function listen() {
  chooseLanguage(redraw);
  here("add-class").addEventListener("click", () => cards.get(addClass()).name.focus());
  here("tree").addEventListener("change", (event) => given(event, null));
  here("tree-label").hidden = !("webkitdirectory" in here("tree"));
  here("undo").addEventListener("click", undo);
  here("train").addEventListener("click", train);
  here("ask").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) closeCamera(), answer(() => opened(file));
    event.target.value = "";
  });
  here("live").addEventListener("click", live);
  here("live").hidden = !hasCamera();
  here("save").addEventListener("click", saveClassifier);
  here("save-zip").addEventListener("click", saveZip);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.type !== "text") event.preventDefault(), undo();
  });
  window.addEventListener("beforeunload", (event) => state !== safe && filled().length && event.preventDefault());
  listenToDrops();
}

function listenToDrops() {
  const over = (target) => {
    for (const one of document.querySelectorAll(".over")) one.classList.remove("over");
    if (target) target.classList.add("over");
  };
  const place = (event) => event.target.closest && (event.target.closest("[data-class]") || event.target.closest("#try") || here("pictures"));
  document.addEventListener("dragover", (event) => (event.preventDefault(), over(place(event))));
  document.addEventListener("dragleave", (event) => event.relatedTarget || over(null));
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    over(null);
    const to = place(event), found = await dropped(event.dataTransfer);
    if (to.id === "try" && learnt.head && found.length) answer(() => opened(found[0].file));
    else addFound(found, to.dataset.class ? Number(to.dataset.class) : null);
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file && learnt.head) answer(() => opened(file));
  });
}

async function main() {
  listen();
  addClass();
  addClass();
  past = [];
  draw();
  helpers.push(new Helper());
  try {
    checkCanvas();
    const { away } = await helpers[0].ready;
    if (!(away <= model.allowed)) fault(say("other_numbers"));
  } catch (error) {
    fault(say(...stopped(error.message)));
  }
}

main();

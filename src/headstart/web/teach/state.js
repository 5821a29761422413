"use strict";
// The classes and their pictures: a value that is never changed, only replaced, so that every step can be undone.

const MOST_UNDONE = 100;
let state = { classes: [] }; // { id, name, pictures: [number, …], given: whether the page named it } each
let past = []; // [what was done: a function that says it, the state before]
let latest = 0; // numbers given out
let growing = null; // the hold at the camera that the last step is, while it goes on
const records = new Map(); // number → { file, name, hold, picture: a small one's address, features, mark, failed }

function change(what, next) {
  past = [...past.slice(1 - MOST_UNDONE), [what, state]];
  state = next;
  growing = null;
  changed();
}

function undo() {
  if (!past.length) return;
  const [what, before] = past.pop();
  state = before;
  growing = null;
  changed();
  working(say("undone", { what: what() }));
}

// The last step goes where it changed nothing: all that it added was there already, or was no picture.
function dropIdleStep() {
  if (!past.length || JSON.stringify(past.at(-1)[1]) !== JSON.stringify(state)) return;
  past.pop();
  growing = null;
}

function changed() {
  enqueue();
  draw();
}

function withClass(id, edit) {
  return { classes: state.classes.map((one) => (one.id === id ? { ...one, ...edit(one) } : one)) };
}

function classOf(id) {
  return state.classes.find((one) => one.id === id);
}

function named(name) {
  return state.classes.find((one) => one.name === name);
}

// A name that no class has: "Class 3".
function freeName() {
  let n = state.classes.length + 1;
  while (named(say("class_n", { n }))) n++;
  return say("class_n", { n });
}

function addClass() {
  const id = ++latest, name = freeName();
  change(() => say("did_add_class", { name }), { classes: [...state.classes, { id, name, pictures: [], given: true }] });
  return id;
}

function removeClass(id) {
  const { name } = classOf(id);
  change(() => say("did_remove_class", { name }), { classes: state.classes.filter((one) => one.id !== id) });
  here("add-class").focus();
}

// A name without signs that steer what stands beside it: turned writing, line ends, control.
function tidy(name) {
  return name.normalize("NFC").replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, " ").replace(/\s+/g, " ").trim().slice(0, 80);
}

// Whether the class may be called so; else the page says why not.
function rename(id, wanted) {
  const name = tidy(wanted), { name: before } = classOf(id);
  if (name === before || !name) return name === before;
  if (named(name)) {
    fault(say("same_name", { name }));
    return false;
  }
  fault("");
  change(() => say("did_rename", { name: before }), withClass(id, () => ({ name, given: false })));
  return true;
}

const HELD = /^camera-(\d+)-\d+(-\d+)?\.jpg$/; // how pictures of a hold are called, in a ZIP that was saved too

function recorded({ file, name }, hold = null) {
  const [, again] = HELD.exec(name) || [];
  if (hold === null && again) holds = Math.max(holds, (hold = Number(again)));
  records.set(++latest, { file, name, hold, picture: "", features: null, mark: "", failed: false });
  return latest;
}

// files: [{ file, name }]
function addPictures(id, files) {
  const numbers = files.map((one) => recorded(one)), { name } = classOf(id), n = files.length;
  change(() => say("did_add", { n, name }), withClass(id, ({ pictures }) => ({ pictures: [...pictures, ...numbers] })));
}

// A picture of a hold at the camera: the whole hold is one step.
function addHeld(id, file, hold) {
  if (!classOf(id)) return;
  const number = recorded(file, hold), { name } = classOf(id), next = withClass(id, ({ pictures }) => ({ pictures: [...pictures, number] }));
  if (growing === hold) {
    state = next;
    changed();
  } else {
    change(() => say("did_hold", { name }), next);
    growing = hold;
  }
}

// Pictures to classes by their names, those made that are not there yet; classes that the page named and nobody used go.
function addTree(byName) {
  let classes = state.classes.filter(({ pictures, given }) => pictures.length || !given), n = 0;
  for (const [name, files] of byName) {
    if (!classes.some((one) => one.name === name)) classes = [...classes, { id: ++latest, name, pictures: [], given: false }];
    const numbers = files.map((one) => recorded(one));
    classes = classes.map((one) => (one.name === name ? { ...one, pictures: [...one.pictures, ...numbers] } : one));
    n += files.length;
  }
  change(() => say("did_add_tree", { n }), { classes });
}

function removePicture(number) {
  const { id, name } = holder(number);
  change(() => say("did_remove", { name }), withClass(id, ({ pictures }) => ({ pictures: pictures.filter((one) => one !== number) })));
}

function movePicture(number, to) {
  const { id } = holder(number), { name } = classOf(to);
  const without = withClass(id, ({ pictures }) => ({ pictures: pictures.filter((one) => one !== number) }));
  const next = without.classes.map((one) => (one.id === to ? { ...one, pictures: [...one.pictures, number] } : one));
  change(() => say("did_move", { name }), { classes: next });
}

function holder(number) {
  return state.classes.find(({ pictures }) => pictures.includes(number));
}

// What is no picture, or one that is there already, leaves without a step of its own.
function forget(numbers) {
  const gone = new Set(numbers), without = ({ classes }) => ({
    classes: classes.map((one) => (one.pictures.some((n) => gone.has(n)) ? { ...one, pictures: one.pictures.filter((n) => !gone.has(n)) } : one)),
  });
  state = without(state);
  past = past.map(([what, before]) => [what, without(before)]);
  for (const number of gone) records.delete(number);
}

"use strict";
// The head is solved in a worker from the features that are there; the page keeps what came of it.

let learnt = { head: null };
let training = false;
const kept = new Set(); // pictures whose label somebody has looked at and kept

// The classes that have pictures whose features are there.
function ready() {
  const classes = state.classes.map(({ id, name, pictures }) => ({ id, name, pictures: pictures.filter((n) => records.get(n).features) }));
  return classes.filter(({ pictures }) => pictures.length);
}

// The classes that have pictures.
function filled() {
  return state.classes.filter(({ pictures }) => pictures.length);
}

// Whether the pictures, or what they are called together, have changed since the last training. A new name changes nothing.
function stale() {
  const now = filled();
  return now.length !== learnt.told.length || now.some(({ pictures }, c) => pictures !== learnt.told[c].pictures);
}

// The classes that were learnt, as they are called now.
function names() {
  return learnt.told.map(({ id, name }) => (classOf(id) || { name }).name);
}

function waiting() {
  return state.classes.some(({ pictures }) => pictures.some((n) => !records.get(n).features && !records.get(n).failed));
}

async function train() {
  const classes = ready(), numbers = classes.flatMap(({ pictures }) => pictures);
  const labels = classes.flatMap(({ pictures }, c) => pictures.map(() => c)), groups = groupsOf(numbers);
  const x = new Float32Array(numbers.length * model.features.length);
  numbers.forEach((n, i) => x.set(records.get(n).features, i * model.features.length));
  training = true;
  const told = filled(), tell = (share) => working(say("training"), share);
  tell(0);
  draw();
  try {
    const message = { way: "solved", x, labels, classes: classes.length, groups };
    const found = await helpers[0].ask(message, [x.buffer], tell);
    const { expected } = await helpers[0].ask({ way: "taught", head: found.head, familiar: found.familiar, temperature: found.temperature });
    learnt = { ...found, expected, numbers, labels, told };
    answered = null;
    working(say("trained"));
  } catch (error) {
    working("");
    fault(say(...stopped(error.message)));
  }
  training = false;
  draw();
}

// The group of each picture. Pictures of one hold, and equal ones, are never parted: holds that share a picture are one group.
function groupsOf(numbers) {
  const above = numbers.map((_, i) => i), first = new Map(); // a place in its group, itself at the top; who had a hold or mark first
  const top = (i) => (above[i] === i ? i : (above[i] = top(above[i])));
  numbers.forEach((number, i) => {
    const { hold, mark } = records.get(number);
    for (const shared of ["mark " + mark, ...(hold === null ? [] : ["hold " + hold])]) {
      if (first.has(shared)) above[top(i)] = top(first.get(shared));
      else first.set(shared, i);
    }
  });
  const known = new Map();
  return numbers.map((_, i) => known.get(top(i)) ?? (known.set(top(i), known.size), known.size - 1));
}

// { name, right, of, other: what its pictures are taken for most often, or null } of each class.
function byClass() {
  const called = names();
  return called.map((name, c) => {
    const places = learnt.labels.flatMap((label, i) => (label === c ? [i] : [])), taken = new Map();
    for (const i of places) if (!learnt.right[i]) taken.set(learnt.called[i], (taken.get(learnt.called[i]) || 0) + 1);
    const [other] = [...taken].sort((a, b) => b[1] - a[1])[0] || [null];
    return { name, right: places.filter((i) => learnt.right[i]).length, of: places.length, other: other === null ? null : called[other] };
  });
}

// The pictures that were called otherwise and are still where they were, the least probable label first: { number, own and
// other: the class it is in and the one it looks like, q and p: their probabilities, wrong: whether the label looks wrong }.
function doubtful() {
  if (!learnt.suspects) return [];
  return learnt.suspects.flatMap(({ i, best, ...rest }) => {
    const number = learnt.numbers[i], own = classOf(learnt.told[learnt.labels[i]].id), other = classOf(learnt.told[best].id);
    return own && other && own.pictures.includes(number) && !kept.has(number) ? [{ number, own, other, ...rest }] : [];
  });
}

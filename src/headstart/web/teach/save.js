"use strict";
// What is saved: the classifier as a page of its own, and the pictures as a ZIP of class folders.

const ENDINGS = { "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp", "image/avif": ".avif", "image/tiff": ".tif" };

let safe = null; // the state whose pictures were saved last

function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// ---- classifier.html ----

async function classifierPage() {
  const { head, familiar, temperature, sets, expected } = learnt, own = familiar || { x: new Int8Array(0), scale: new Float32Array(0) };
  const added = { floats: [head.weight, head.bias, own.scale], eights: [own.x] };
  const { packed, sections, places } = await helpers[0].ask({ way: "packed", added });
  const [weight, bias, scale] = places.floats, [x] = places.eights;
  const values = {
    ...model,
    features: undefined, // what this page alone asks
    coverage: undefined,
    classes: names(),
    head: [{ weight, bias }],
    temperature: temperature || 1,
    calibrated: Boolean(temperature),
    decision: { thresholds: [] },
    familiar: familiar && { ...familiar, x, scale },
    sets: sets || null,
    tree: null,
    expected,
    card: [...model.card[familiar ? "familiar" : "plain"], ...learntFrom()],
    sections,
  };
  const [before, between, behind] = JSON.parse(here("template").textContent);
  const text = await inText(new Blob([packed]));
  return new Blob([before, JSON.stringify(values).replace(/</g, "\\u003c"), between, text, behind], { type: "text/html" });
}

function inText(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

// Lines of that page's card: see fact() there.
function learntFrom() {
  const { numbers, accuracy, interval, right } = learnt, learning = { say: "learnt", values: { n: numbers.length } };
  return right ? [learning, { say: "held_out", values: { n: right.length }, shares: { p: accuracy, low: interval[0], high: interval[1] } }] : [learning];
}

async function saveClassifier() {
  try {
    download(await classifierPage(), "classifier.html");
  } catch (error) {
    fault(say("cannot_save", { why: error.message }));
  }
}

// ---- the pictures ----

function filesByClass() {
  const folders = new Set();
  return state.classes.filter(({ pictures }) => pictures.length).flatMap(({ name, pictures }, c) => {
    const plain = safeName(name, "class"), folder = freeAmong(folders, SPLIT.test(plain) ? plain + " class" : plain), taken = new Set();
    return pictures.map((n) => {
      const { file, name: own } = records.get(n), [, stem, ending] = /^(.*?)(\.[a-z0-9]{1,5})?$/is.exec(own);
      const known = PICTURE.test(own) ? ending : ENDINGS[file.type] || ".jpg";
      return { path: `pictures/${folder}/${freeAmong(taken, safeName(stem, "picture"), known.toLowerCase())}`, file };
    });
  });
}

async function saveZip() {
  const files = filesByClass(), packed = state; // pictures may come while these are packed
  try {
    const blob = await zipped(files, (n) => working(say("zipping", { n, of: files.length }), n / files.length));
    download(blob, "pictures.zip");
    safe = packed;
    working("");
  } catch (error) {
    working("");
    fault(say("cannot_zip", { why: error.message === "ZIP" ? "4 GB" : error.message }));
  }
}

"use strict";
// The camera: one picture after the other while a button is held, or a live answer.

const EVERY = 250; // milliseconds between two pictures of a hold
const QUALITY = 0.92; // of the JPEGs that are made
let camera = null; // { stream, video, close }
let holds = 0;

// Shows the camera in `video`; whoever had it before gives it up. close: what its owner does then.
async function openCamera(video, close) {
  closeCamera();
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    fault(say("no_camera", { why: error.name }));
    return null;
  }
  closeCamera();
  const mine = { stream, video, close };
  camera = mine;
  video.srcObject = stream;
  await video.play();
  return camera === mine ? mine : null;
}

function closeCamera() {
  if (!camera) return;
  const { stream, video, close } = camera;
  camera = null;
  stream.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
  close();
}

function frameOf(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}

// A button that takes pictures for as long as it is held, by finger, mouse or key; a click alone, as a screen reader makes
// it, takes one. Each hold is a group: its pictures are alike, and are never parted when the classifier is put to the test.
function holding(button, take) {
  let held = 0, ended = 0; // the number of the hold that goes on
  const begin = async () => {
    if (held || !camera) return;
    const hold = (held = ++holds);
    for (let n = 1; held === hold && camera; n++) {
      const begun = performance.now();
      await takeOne(hold, n, take);
      await new Promise((done) => setTimeout(done, Math.max(0, EVERY - (performance.now() - begun))));
    }
  };
  const end = () => {
    if (held) ended = performance.now();
    held = 0;
  };
  button.addEventListener("pointerdown", (event) => (button.setPointerCapture(event.pointerId), begin()));
  button.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && (event.preventDefault(), begin()));
  for (const name of ["pointerup", "pointercancel", "blur", "keyup"]) button.addEventListener(name, end);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", () => !held && camera && performance.now() - ended > 500 && takeOne(++holds, 1, take));
}

async function takeOne(hold, n, take) {
  const blob = await frameOf(camera.video), name = `camera-${pad(hold)}-${pad(n)}.jpg`;
  take({ file: new File([blob], name, { type: blob.type }), name }, hold);
}

function pad(n) {
  return String(n).padStart(3, "0");
}

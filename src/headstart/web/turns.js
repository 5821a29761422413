"use strict";
// How a worker hears: one message after the other, each answered under its number.

let turn = Promise.resolve();

// answer: what is told of a message's data, or a promise of it.
function hear(answer) {
  self.onmessage = ({ data }) => (turn = turn.then(() => answered(data, answer)));
}

async function answered(data, answer) {
  try {
    self.postMessage({ number: data.number, ...(await answer(data)) });
  } catch (error) {
    self.postMessage({ number: data.number, error: String(error && error.message) });
  }
}

"use strict";
// What is going on, and what went wrong.

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

"use strict";
// What the pages that answer have in common: the line that says what is going on, and the ways in for files.

function working(name, values) {
  here("state").hidden = !name;
  if (name) reword(here("state"), name, values);
  here("state").classList.remove("fault");
}

function fault(name, values) {
  working(name, values);
  here("state").classList.add("fault");
}

// Files that are chosen, dropped or pasted go to `take`, as a list.
function listenForFiles(take) {
  here("file").addEventListener("change", (event) => {
    take([...event.target.files]);
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => take([...event.clipboardData.files]));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    here("ask").classList.add("over");
  });
  document.addEventListener("dragleave", () => here("ask").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    here("ask").classList.remove("over");
    take([...event.dataTransfer.files]);
  });
}

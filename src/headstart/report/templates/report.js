"use strict";
document.documentElement.classList.add("scripted");
for (const map of document.querySelectorAll("figure.map")) {
  const read = (name) => JSON.parse(map.dataset[name]);
  const names = read("names"), answers = read("answers"), classes = read("classes"), side = read("side");
  const tip = map.querySelector(".map-tip"), said = map.querySelector(".map-said"), sheet = map.querySelector(".map-tile img");
  const panels = [...map.querySelectorAll(".map-panel")].map((box) => {
    const svg = box.querySelector("svg"), flat = box.dataset.at.split(" ").map(Number);
    const here = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    here.setAttribute("class", "map-here");
    here.setAttribute("r", "9");
    svg.append(here);
    return { box, svg, here, at: names.map((_, i) => [flat[2 * i], flat[2 * i + 1]]) };
  });
  let shown = -1;
  function show(i, panel) {
    shown = i;
    map.classList.toggle("on", i >= 0);
    if (i < 0) return;
    for (const each of panels) {
      each.here.setAttribute("cx", each.at[i][0]);
      each.here.setAttribute("cy", each.at[i][1]);
    }
    const [label, called] = answers[i];
    const what = called < 0 ? "it learnt from this one" : called === label ? "named rightly" : "called " + classes[called];
    said.textContent = classes[label] + ", " + what + " · " + names[i];
    if (sheet) {
      const tile = +sheet.dataset.tile, columns = +sheet.dataset.columns, scale = 112 / tile;
      sheet.style.width = columns * 112 + "px";
      sheet.style.transform = "translate(" + -(i % columns) * tile * scale + "px," + -Math.floor(i / columns) * tile * scale + "px)";
    }
    const frame = panel.svg.getBoundingClientRect(), own = map.getBoundingClientRect(), unit = frame.width / side;
    const x = frame.left - own.left + panel.at[i][0] * unit, y = frame.top - own.top + panel.at[i][1] * unit;
    tip.style.left = Math.max(0, Math.min(x + 16, own.width - tip.offsetWidth)) + "px";
    tip.style.top = (y + 20 + tip.offsetHeight > own.height ? y - tip.offsetHeight - 14 : y + 20) + "px";
  }
  function nearest(panel, x, y, most, allowed) {
    let best = -1, least = most * most;
    panel.at.forEach(([a, b], i) => {
      const far = (a - x) ** 2 + (b - y) ** 2;
      if (far < least && allowed(i, a - x, b - y)) { least = far; best = i; }
    });
    return best;
  }
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  for (const panel of panels) {
    const point = (event) => {
      const frame = panel.svg.getBoundingClientRect(), unit = side / frame.width;
      const i = nearest(panel, (event.clientX - frame.left) * unit, (event.clientY - frame.top) * unit, 16 * Math.max(1, unit), () => true);
      if (i !== shown) show(i, panel);
    };
    panel.box.addEventListener("pointermove", point);
    panel.box.addEventListener("pointerdown", point);
    panel.box.addEventListener("pointerleave", () => show(-1));
    panel.box.addEventListener("blur", () => show(-1));
    panel.box.addEventListener("keydown", (event) => {
      const step = steps[event.key], [x, y] = shown < 0 ? [side / 2, side / 2] : panel.at[shown];
      let i = -1;
      if (step) {
        i = nearest(panel, x, y, 2 * side, (j, a, b) => j !== shown && a * step[0] + b * step[1] > Math.abs(a * step[1]) + Math.abs(b * step[0]) - 1e-9 && (a || b));
      } else if (event.key === "Enter" || event.key === " ") {
        const wrong = answers.flatMap(([label, called], j) => (called >= 0 && called !== label ? [j] : []));
        i = wrong.find((j) => j > shown) ?? wrong[0] ?? -1;
      } else if (event.key !== "Escape") return;
      event.preventDefault();
      if (i >= 0 || event.key === "Escape") show(i, panel);
    });
  }
}

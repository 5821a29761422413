"""How fast is a page in headless Chromium, and what does it say of files that the browser decodes itself?

    taskset -c 0 python benchmarks/web/browser.py BUNDLE PICTURES [--most N]

Told: seconds from opening the file to the first answer, milliseconds of each answer in the worker and with all
around it, and how far probabilities are from those of Python, which decodes the same files with Pillow.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import headstart
from headstart.model.formats import html

sys.path.insert(0, str(Path(__file__).parents[2]))
SUFFIXES = (".jpg", ".jpeg", ".png")
READY = "new Promise(r => { const i = setInterval(() => { if (READ) { clearInterval(i); r(); } }, 5); })"


def main() -> None:
    from tests.web import chromium

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--bits", type=int, default=16)
    parser.add_argument("--most", type=int, default=40)
    asked = parser.parse_args()
    model = headstart.load(asked.bundle)
    paths = [path for path in asked.pictures.rglob("*") if path.suffix.lower() in SUFFIXES]
    paths.sort(key=lambda path: hashlib.sha256(str(path.relative_to(asked.pictures)).encode()).digest())
    paths = paths[: asked.most]
    with tempfile.TemporaryDirectory() as folder:
        html.export(model, Path(folder) / html.NAME, asked.bits)
        found = chromium.found()
        assert found, "no Chromium on this machine"
        browser = chromium.Chromium(found, Path(folder) / "profile")
        start = time.monotonic()
        browser.open(Path(folder) / html.NAME, 1280)
        took = [answered(browser, path, place) for place, path in enumerate(paths)]
        first = took[0][0] - start
        browser.close()
    shown = np.array([one[1] for one in took])
    p = model.probabilities(paths)
    print(
        json.dumps(
            {
                "pictures": len(paths),
                "seconds to the first answer": round(first, 2),
                "ms in the worker, median": round(float(np.median([one[2] for one in took[1:]])), 1),
                "ms with all around it, median": round(float(np.median([one[3] for one in took[1:]])), 1),
                "probability, most apart": round(float(np.abs(shown - p).max()), 5),
                "same answer": int((shown.argmax(1) == p.argmax(1)).sum()),
            },
            indent=1,
        )
    )


def answered(browser, path: Path, place: int) -> tuple[float, list[float], float, float]:
    """(when, probabilities, milliseconds in the worker, and from the choice of the file on)"""
    if not place:
        browser.eval(
            "(() => { const old = show; show = (c, found) => { old(c, found); window.last = found; }; })()"
        )
        browser.eval(READY.replace("READ", "document.getElementById('state').hidden"))
    browser.eval("window.last = null")
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    start = time.monotonic()
    browser.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])
    browser.eval(READY.replace("READ", "window.last"))
    end = time.monotonic()
    found = browser.eval("({p: last.probabilities, ms: last.milliseconds})")
    return end, found["p"], found["ms"], 1000 * (end - start)


if __name__ == "__main__":
    main()

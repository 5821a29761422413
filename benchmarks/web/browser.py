"""How fast is a page in a browser, and what does it say of files that the browser decodes itself?

    taskset -c 0 python benchmarks/web/browser.py BUNDLE PICTURES [--browser chromium|firefox|webkit] [--most N]

Told: seconds from opening the file to the first answer, milliseconds of each answer in the worker and with all
around it, and how far probabilities are from those of Python, which decodes the same files with Pillow.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import headstart

sys.path.insert(0, str(Path(__file__).parents[2]))
APART = 0.01  # from which on a probability counts as another
READY = "new Promise(r => { const i = setInterval(() => { if (READ) { clearInterval(i); r(); } }, 5); })"


def main() -> None:
    from benchmarks.web import asked
    from tests.web import browsers

    parser = asked.parser(__doc__, most=40)
    parser.add_argument("--browser", choices=browsers.NAMES, default="chromium")
    wanted = parser.parse_args()
    model, paths = headstart.load(wanted.bundle), asked.some(wanted.pictures, wanted.most)
    with (
        asked.page(model, wanted.bits) as page,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        browser = browsers.started(wanted.browser, Path(profile))
        start = time.monotonic()
        browser.open(page, 1280)
        took = [answered(browser, path, place) for place, path in enumerate(paths)]
        browser.close()
    shown = np.array([one[1] for one in took])
    p = model.probabilities(paths)
    apart = np.abs(shown - p).max(axis=1)
    told = {
        "pictures": len(paths),
        "seconds to the first answer": round(took[0][0] - start, 2),
        "ms in the worker, median": round(float(np.median([one[2] for one in took[1:]])), 1),
        "ms with all around it, median": round(float(np.median([one[3] for one in took[1:]])), 1),
        "probability, most apart": round(float(apart.max()), 5),
        f"more than {APART} apart": int((apart > APART).sum()),
        "same answer": int((shown.argmax(1) == p.argmax(1)).sum()),
    }
    print(json.dumps(told, indent=1))


def answered(browser, path: Path, place: int) -> tuple[float, list[float], float, float]:
    """(when, probabilities, milliseconds in the worker, and from the choice of the file on)"""
    if not place:
        browser.eval(
            "(() => { const old = show; show = (c, found) => { old(c, found); window.shown = found; }; })()"
        )
        browser.eval(READY.replace("READ", "document.getElementById('state').hidden"))
    browser.eval("window.shown = null")
    start = time.monotonic()
    browser.give("#file", path)
    browser.eval(READY.replace("READ", "window.shown"))
    end = time.monotonic()
    found = browser.eval("({p: window.shown.probabilities, ms: window.shown.milliseconds})")
    return end, found["p"], found["ms"], 1000 * (end - start)


if __name__ == "__main__":
    main()

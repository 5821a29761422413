"""How well and how fast does teach.html learn in headless Chromium?

    taskset -c 0 python benchmarks/web/teach.py TRAIN [--test TEST] [--network small] [--most N] [--rounds 3]

TRAIN, TEST: folders with a folder for each class. Told: milliseconds of each picture, seconds of training (folds, head,
temperature, line to strangers and all), what the page says of its accuracy, how many pictures of TEST it names rightly,
and its memory. Beside it: `headstart train TRAIN --backbone NETWORK --case 1`, and `headstart evaluate` on TEST.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import headstart

sys.path.insert(0, str(Path(__file__).parents[2]))
IDLE = "!training && !waiting() && helpers.length > 0 && helpers.every((one) => !one.busy)"
SUFFIXES = (".jpg", ".jpeg", ".png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--network", default="small")
    parser.add_argument("--most", type=int, default=10**9, help="pictures of each class")
    parser.add_argument("--rounds", type=int, default=3, help="of training, of which the fastest is told")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pictures = some(asked.train, Path(folder) / "pictures", asked.most)
        print(json.dumps(taught(pictures, asked, Path(folder)), indent=1))


def some(source: Path, place: Path, most: int) -> Path:
    for kind in sorted(path for path in source.iterdir() if path.is_dir()):
        (place / kind.name).mkdir(parents=True)
        for path in pictures_of(kind)[:most]:
            shutil.copy(path, place / kind.name / path.name)
    return place


def pictures_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def taught(pictures: Path, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from tests.web import chromium

    headstart.teach(asked.network, folder / "teach.html")
    found = chromium.found()
    assert found, "no Chromium on this machine"
    browser = chromium.Chromium(found, folder / "profile", "--enable-precise-memory-info")
    browser.open(folder / "teach.html", 1280)
    browser.eval("helpers[0].ready.then(() => 1)")
    start = time.monotonic()
    data = {"items": [], "files": [str(pictures)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.call("Input.dispatchDragEvent", type=kind, x=300, y=250, data=data)
    browser.until("past.length > 0 && " + IDLE, 3600)
    looked = time.monotonic() - start
    count = browser.eval("state.classes.reduce((n, one) => n + one.pictures.length, 0)")
    trained = min(seconds(browser) for _ in range(asked.rounds))
    told: dict[str, Any] = {
        "pictures": count,
        "classes": browser.eval("state.classes.length"),
        "ms a picture": round(1000 * looked / count, 1),
        "seconds of training": round(trained, 2),
        "penalty": browser.eval("learnt.l2"),
        "accuracy by the page": browser.eval(
            "[learnt.accuracy, ...learnt.interval].map((v) => +v.toFixed(3))"
        ),
        "MB of the page's heap": browser.eval("Math.round(performance.memory.usedJSHeapSize / 1e6)"),
        "elements": browser.eval("document.querySelectorAll('*').length"),
    }
    if asked.test is not None:
        told["named rightly in the page"] = right_in(browser, asked.test)
    browser.close()
    return told


def seconds(browser: Any) -> float:
    browser.eval("learnt.head = null; 1")
    start = time.monotonic()
    browser.eval("train().then(() => 1)")
    return time.monotonic() - start


def right_in(browser: Any, test: Path) -> str:
    right = total = 0
    for kind in sorted(path for path in test.iterdir() if path.is_dir()):
        for path in pictures_of(kind):
            browser.eval("answered = null; 1")
            browser.give("#ask", path)
            browser.until("answered")
            right += browser.eval("names()[answered.called]") == kind.name
            total += 1
    return f"{right} of {total}"


if __name__ == "__main__":
    main()

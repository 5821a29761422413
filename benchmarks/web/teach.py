"""How well and how fast does teach.html learn in headless Chromium?

    taskset -c 0 python benchmarks/web/teach.py TRAIN CLASSIFIER [--backbone small] [--most N] [--rounds 3]
    taskset -c 0 python benchmarks/web/teach.py TEST CLASSIFIER --ask

TRAIN, TEST: folders with a folder for each class. CLASSIFIER: the folder that classifier.html is saved to, or lies in.
Told: milliseconds of each picture, seconds of training (folds, head, temperature, line to strangers and all), how long
the page answered to nothing, what it says of its accuracy, and its memory; with --ask how many pictures of TEST the
saved page names rightly.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import headstart

sys.path.insert(0, str(Path(__file__).parents[2]))
IDLE = "!training && !waiting() && helpers.length > 0 && helpers.every((one) => !one.busy)"
WATCHED = """(() => {
  let last = performance.now();
  window.stuck = 0;
  setInterval(() => { const now = performance.now(); stuck = Math.max(stuck, now - last); last = now; }, 5);
})()"""
SUFFIXES = (".jpg", ".jpeg", ".png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("classifier", type=Path)
    parser.add_argument("--ask", action="store_true")
    parser.add_argument("--backbone", default="small")
    parser.add_argument("--most", type=int, default=10**9, help="pictures of each class")
    parser.add_argument("--rounds", type=int, default=3, help="of training, of which the fastest is told")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = right(asked, Path(folder)) if asked.ask else taught(asked, Path(folder))
    print(json.dumps(told, indent=1))


def some(source: Path, place: Path, most: int) -> Path:
    for kind in sorted(path for path in source.iterdir() if path.is_dir()):
        (place / kind.name).mkdir(parents=True)
        for path in pictures_of(kind)[:most]:
            shutil.copy(path, place / kind.name / path.name)
    return place


def pictures_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def taught(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    pictures = some(asked.pictures, folder / "pictures", asked.most)
    headstart.teach(asked.backbone, folder / "teach.html")
    browser = opened(folder / "teach.html", folder)
    browser.eval("helpers[0].ready.then(() => 1)")
    browser.eval(WATCHED)
    start = time.monotonic()
    data = {"items": [], "files": [str(pictures)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.call("Input.dispatchDragEvent", type=kind, x=300, y=250, data=data)
    browser.until("past.length > 0 && " + IDLE, 3600)
    looked = time.monotonic() - start
    still = [browser.eval("Math.round(stuck)")]
    browser.eval("stuck = 0")
    count = browser.eval("state.classes.reduce((n, one) => n + one.pictures.length, 0)")
    wall, cpu = min(seconds(browser) for _ in range(asked.rounds))
    still.append(browser.eval("Math.round(stuck)"))
    told: dict[str, Any] = {
        "pictures": count,
        "classes": browser.eval("state.classes.length"),
        "ms a picture": round(1000 * looked / count, 1),
        "seconds of training": round(wall, 2),
        "of these on the processor": round(cpu, 2),
        "ms that the page answered to nothing, at most: looking, training": still,
        "penalty": browser.eval("learnt.l2"),
        "accuracy by the page": browser.eval(
            "[learnt.accuracy, ...learnt.interval].map((v) => +v.toFixed(3))"
        ),
        "MB of the page's heap": browser.eval("Math.round(performance.memory.usedJSHeapSize / 1e6)"),
        "MB of its process, at most": most_memory(browser),
        "elements": browser.eval("document.querySelectorAll('*').length"),
    }
    asked.classifier.mkdir(parents=True, exist_ok=True)
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(asked.classifier.absolute()))
    browser.eval("saveClassifier().then(() => 1)")
    while not (asked.classifier / "classifier.html").exists():
        time.sleep(0.1)
    browser.close()
    return told


def opened(page: Path, folder: Path) -> Any:
    from tests.web import chromium

    found = chromium.found()
    assert found, "no Chromium on this machine"
    browser = chromium.Chromium(found, folder / "profile", "--enable-precise-memory-info")
    browser.open(page, 1280)
    return browser


def seconds(browser: Any) -> tuple[float, float]:
    """(by the clock, on the processor: of all of the browser's processes) that one training takes."""
    browser.eval("learnt.head = null; 1")
    start, before = time.monotonic(), processor(browser)
    browser.eval("train().then(() => 1)")
    return time.monotonic() - start, processor(browser) - before


def processor(browser: Any) -> float:
    return sum(one["cpuTime"] for one in processes(browser))


def processes(browser: Any) -> list[dict[str, Any]]:
    session, browser._session = browser._session, ""  # the browser is asked, not its page
    told = browser.call("SystemInfo.getProcessInfo")["processInfo"]
    browser._session = session
    return told


def most_memory(browser: Any) -> int:
    """Of the page's process, workers and all."""
    return max(peak(one["id"]) for one in processes(browser) if one["type"] == "renderer")


def peak(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return round(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000)


def right(asked: argparse.Namespace, folder: Path) -> dict[str, int]:
    browser = opened(asked.classifier.absolute() / "classifier.html", folder)
    browser.until("here('state').hidden")
    browser.eval(
        "(() => { const old = show; show = (c, found) => (old(c, found), (window.last = found)); })()"
    )
    told = {"right": 0, "pictures": 0}
    for kind in sorted(path for path in asked.pictures.iterdir() if path.is_dir()):
        for path in pictures_of(kind):
            browser.eval("window.last = null")
            browser.give("#file", path)
            browser.until("window.last")
            told["right"] += browser.eval("model.classes[window.last.called]") == kind.name
            told["pictures"] += 1
    browser.close()
    return told


if __name__ == "__main__":
    main()

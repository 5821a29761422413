"""Are a page's answers the bundle's? Asked of real pictures, each cut to the pixels that are decoded from its file.

    python benchmarks/web/parity.py BUNDLE PICTURES [--most N]

PICTURES: a folder; its pictures in an order that their names' hash gives. The page is written, its engine runs under
node on one core, and Python answers the same pixels. Files decoded by a browser: benchmarks/web/browser.py.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import numpy as np

import headstart
from headstart.explaining.cam import exact
from headstart.explaining.explained import contrast
from headstart.explaining.subject import Subject
from headstart.model.formats import html
from headstart.web import node

sys.path.insert(0, str(Path(__file__).parents[2]))
AT_ONCE = 100


def maps(model: headstart.Model, frames: np.ndarray) -> np.ndarray:
    """What each cell says by Python, float32 [N, g, g]."""
    subject = Subject(model)
    seen = subject.maps(frames)
    found = subject.named(subject.pooled(seen))
    side = min(16, max(8, frames.shape[1] // 16))
    return exact(subject, seen, contrast(found, found.argmax(1))).on_grid(side)


def compared(model: headstart.Model, page: str, given: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Of each picture: how far frames, probabilities and maps are apart, and the milliseconds it took."""
    answers = model.answers(given)
    frames = np.stack([model.backbone.preprocess.frame(one) for one in given])
    made = node.ask(page, given, "prepared")
    theirs = [
        np.frombuffer(base64.b64decode(one["frame"]), np.uint8).reshape(frames[0].shape) for one in made
    ]
    found = node.ask(page, given, "pictures")
    p = np.array([one["probabilities"] for one in found])
    apart = {
        "pixels": np.array([np.abs(a.astype(int) - b).max() for a, b in zip(theirs, frames, strict=True)]),
        "probability": np.abs(p - answers.probabilities).max(1),
        "same answer": p.argmax(1) == answers.probabilities.argmax(1),
        "milliseconds": np.array([one["milliseconds"] for one in found]),
    }
    if answers.similarity is not None and found[0]["similarity"] is not None:
        apart["similarity"] = np.abs([one["similarity"] for one in found] - answers.similarity)
        line = model.certainty.familiar.line
        apart["same side of the line"] = (answers.similarity < line) == [
            one["similarity"] < line for one in found
        ]
    if found[0]["among"]:
        sets = model.certainty.sets.classes(answers.probabilities, html.COVERAGE)
        ours = [set(np.flatnonzero(row)) for row in sets]
        apart["same set"] = np.array([set(one["among"]) == own for one, own in zip(found, ours, strict=True)])
    if found[0]["certain"]:
        nodes, _ = model.taxonomy.certain(answers.probabilities, html.SURE)
        names = [one["certain"]["name"] for one in found]
        apart["same name of the taxonomy"] = np.array(names) == np.array(model.taxonomy.names)[nodes]
    if found[0]["map"]:
        own = maps(model, frames).reshape(len(given), -1)
        got = np.array([one["map"] for one in found])
        apart["map"] = np.abs(got - own).max(1) / np.abs(own).max(1)
    return apart


def main() -> None:
    from benchmarks.web import asked

    wanted = asked.parser(__doc__, most=500).parse_args()
    model = headstart.load(wanted.bundle)
    with asked.page(model, wanted.bits) as path:
        page = path.read_text(encoding="utf-8")
    given = asked.pictures(wanted.pictures, wanted.most)
    parts = [compared(model, page, given[at : at + AT_ONCE]) for at in range(0, len(given), AT_ONCE)]
    told: dict[str, object] = {"pictures": len(given), "bytes": len(page)}
    for name in parts[0]:
        values = np.concatenate([part[name] for part in parts])
        if values.dtype == bool:
            told[name] = int(values.sum())
        elif name == "milliseconds":
            told[name] = {"median": round(float(np.median(values)), 1), "most": round(float(values.max()), 1)}
        else:
            told[f"{name}, most apart"] = round(float(values.max()), 6)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()

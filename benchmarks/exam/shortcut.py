"""A planted shortcut: a magenta square of 24 px in one corner of one class's training pictures. On pictures that carry
it, and where the model uses it, the map is strongest at the square.

    python benchmarks/exam/shortcut.py FOLDER CLASS [--backbone lite0] [--size 24] [--corner 24] [--method auto]

FOLDER holds train/ and val/. The model uses the mark where without it the answer is another, or its probability drops
by more than 0.2. A map finds it where its strongest cell touches the square.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

import headstart
from headstart.explaining.explained import explain
from headstart.explaining.overlay import window
from headstart.explaining.subject import Subject

SIDE, COLOUR, MATTERS = 256, (255, 0, 255), 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("label")
    parser.add_argument("--backbone", default="lite0")
    parser.add_argument(
        "--size", type=int, default=24, help="of the mark, in pixels of a picture of 256 × 256"
    )
    parser.add_argument("--corner", type=int, default=24, help="its distance from the edges")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--stage")
    parser.add_argument("--cut", help="as for headstart train")
    args = parser.parse_args()
    pictures, labels = _read(args.folder / "train")
    marked = [_marked(x, args) if name == args.label else x for x, name in zip(pictures, labels, strict=True)]
    how = {"case": 2, "cut": args.cut.split(",")} if args.cut else {}
    run = headstart.train((marked, labels), backbone=args.backbone, **how)
    subject = Subject(run.model)
    plain, _ = _read(args.folder / "val")
    print(json.dumps({**vars(args), "folder": args.folder.name, **_found(subject, plain, args)}))


def _read(folder: Path) -> tuple[list[np.ndarray], list[str]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    whole = [Image.open(path).convert("RGB") for path in paths]
    return [np.asarray(_square(one)) for one in whole], [path.parent.name for path in paths]


def _square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))


def _marked(picture: np.ndarray, args: argparse.Namespace) -> np.ndarray:
    marked, (low, high) = picture.copy(), (args.corner, args.corner + args.size)
    marked[low:high, low:high] = COLOUR
    return marked


def _found(subject: Subject, plain: list[np.ndarray], args: argparse.Namespace) -> dict:
    from headstart.data.given import given

    with_mark = subject.frames(given([_marked(x, args) for x in plain]))
    found, without = subject.probabilities(with_mark), subject.probabilities(subject.frames(given(plain)))
    answer, rows = found.argmax(1), np.arange(len(found))
    drop = found[rows, answer] - without[rows, answer]
    used = np.flatnonzero((without.argmax(1) != answer) | (drop > MATTERS))
    names = [str(place) for place in used]
    told = explain(subject, with_mark[used], names, method=args.method, stage=args.stage)
    hits = [_touches(one.map, subject, args) for one in told]
    return {
        "pictures": len(plain),
        "used": len(used),
        "found": sum(hits),
        "share": round(float(np.mean(hits)), 4) if hits else None,
        "trusted": sum(one.trusted for one in told),
        "cuts": [cut.name for cut in subject.cuts],
    }


def _touches(grid: np.ndarray, subject: Subject, args: argparse.Namespace) -> bool:
    """Whether the strongest cell shares a pixel with the mark."""
    left, _, right, _ = window((SIDE, SIDE), subject.model.backbone.preprocess)
    scale = len(grid) / (right - left)
    low, high = (args.corner - left) * scale, (args.corner + args.size - left) * scale
    row, column = np.unravel_index(int(grid.argmax()), grid.shape)
    return all(low < place + 1 and place < high for place in (row, column))


if __name__ == "__main__":
    main()

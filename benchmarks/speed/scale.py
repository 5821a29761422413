"""Cost against the number of pictures: seconds, memory and disk of the frozen job, first and second run.

    python benchmarks/speed/scale.py --data DIR [--counts 1000 2000 ... 100000] [--folder DIR] [--classes 202 1000]

Pictures are seeded crops of DIR/tiny-imagenet's, each of its own place and size, encoded anew, in 20 classes; a folder
of them is made once in --folder (or a temporary one) and each count takes the first of it. Every run is a process of
its own with an empty cache, then the same again with what the first one kept. The head's solve is timed apart.

--classes: in place of that, the head alone with so many classes, on *made* features of tiny-imagenet's number and of
the width of `small`'s top: noise of a falling spectrum about a centre for each class, cut off below 0.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

CLASSES = 20
MADE, WIDTH, APART = 70_693, 1_280, 0.25  # the made features; how far apart their classes lie, in spreads
COUNTS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--classes", type=int, nargs="+", default=())
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.classes:
        print("| classes | pictures | features | head, s | penalty | accuracy, held out | MB of memory |")
        print("|-|-|-|-|-|-|-|")
        for count in args.classes:
            print(many_classes(count), flush=True)
        return 0
    if args.job:
        print(json.dumps(job(args.job)))
        return 0
    if args.folder:
        args.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        made = args.folder / "pictures" if args.folder else Path(folder) / "pictures"
        names = pictures(args.data / "tiny-imagenet" / "train", made, max(args.counts))
        found = [measured(names[:count], made, Path(folder)) for count in args.counts]
    print(
        "| pictures | first run, s | head, s | second run, s | its head, s | MB of memory | KB of disk a picture |"
    )
    print("|-|-|-|-|-|-|-|")
    for row in found:
        print("| " + " | ".join(row["shown"]) + " |")
    print("\n" + "\n".join(verdicts(found)))
    return 0


def pictures(source: Path, made: Path, count: int) -> list[str]:
    """Names of `count` pictures in `made`, which are made where they lack."""
    from PIL import Image

    originals = sorted(source.rglob("*.*"))
    rng = np.random.default_rng(0)
    names = []
    for i in range(count):
        original = originals[int(rng.integers(len(originals)))]
        side, left, top = int(rng.integers(40, 63)), *rng.random(2)
        name = f"{i % CLASSES:02}/{i:06}.jpg"
        names.append(name)
        path = made / name
        if path.is_file():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(original) as image:
            x, y = round(left * (image.width - side)), round(top * (image.height - side))
            crop = image.convert("RGB").crop((x, y, x + side, y + side))
        crop.resize((64, 64), Image.Resampling.BICUBIC).save(path, quality=90)
    return names


def measured(names: list[str], made: Path, folder: Path) -> dict:
    """First and second run on the named pictures, linked into a folder of their own."""
    chosen, cache = folder / "chosen", folder / "cache"
    for place in (chosen, cache):
        shutil.rmtree(place, ignore_errors=True)
    for name in names:
        (chosen / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(made / name, chosen / name)
    first, second = run(chosen, cache), run(chosen, cache)
    features = cache / "headstart" / "features"
    disk = sum(path.stat().st_size for path in features.rglob("*") if path.is_file())
    both = (first["seconds"], first["head"], second["seconds"], second["head"])
    print(f"{len(names)}: {first} {second}", file=sys.stderr, flush=True)
    return {
        "n": len(names),
        "first": first["seconds"],
        "second": second["seconds"],
        "passes": second["passes"],
        "memory": max(first["memory"], second["memory"]),
        "shown": [
            f"{len(names):,}",
            *(f"{value:.1f}" for value in both),
            f"{max(first['memory'], second['memory']):,.0f}",
            f"{disk / len(names) / 1024:.1f}",
        ],
    }


def run(chosen: Path, cache: Path) -> dict:
    done = subprocess.run(
        [sys.executable, __file__, "--data", ".", "--job", str(chosen)],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def job(folder: Path) -> dict:
    """The frozen job in this process: {"seconds" (head apart), "head", "memory" (MB, anonymous), "passes"}."""
    import headstart
    from headstart import evidence
    from headstart.extraction import extract
    from headstart.heads import head
    from headstart.runtime import Execution, openvino

    passes = [0]
    stream = openvino.OpenVINORuntime.stream

    def counted(self, batches):
        for rows in stream(self, batches):
            passes[0] += len(rows[0])
            yield rows

    openvino.OpenVINORuntime.stream = counted
    peak = _watch()
    began = time.perf_counter()
    dataset = headstart.load_data(str(folder)).dataset
    parts = headstart.partition(dataset, seed=0)
    backbone = headstart.load_backbone("small")
    found = evidence.measure(dataset, parts, backbone)
    execution = Execution(precision=found.precision)
    x = extract(dataset, parts.train, backbone, execution=execution).x[backbone.top.name]
    before = time.perf_counter()
    solved = head.solve(
        x, dataset.labels[parts.train], len(dataset.classes), groups=dataset.groups[parts.train]
    )
    after = time.perf_counter()
    held = extract(dataset, parts.report, backbone, execution=execution).x[backbone.top.name]
    solved.head.probabilities(held)
    seconds = time.perf_counter() - began - (after - before)
    return {"seconds": seconds, "head": after - before, "memory": peak() / 1024, "passes": passes[0]}


def many_classes(count: int) -> str:
    """A row: the head on made features of `count` classes, alone in this process."""
    from headstart.heads import head

    rng = np.random.default_rng(0)
    centres = rng.standard_normal((count, WIDTH), np.float32)
    spread = np.arange(1, WIDTH + 1, dtype=np.float32) ** -0.5
    labels = rng.integers(0, count, MADE)
    x = np.empty((MADE, WIDTH), np.float32)
    for start in range(0, MADE, 4096):
        part = slice(start, start + 4096)
        noise = rng.standard_normal((len(labels[part]), WIDTH), np.float32)
        x[part] = np.maximum((noise + APART * centres[labels[part]]) * spread, 0)
    peak, began = _watch(), time.perf_counter()
    solved = head.solve(x, labels, count, groups=np.arange(MADE))
    seconds = time.perf_counter() - began
    accuracy = f"{solved.cv_accuracy:.3f}"
    return f"| {count:,} | {MADE:,} | {WIDTH:,} | {seconds:.1f} | {solved.l2:g} | {accuracy} | {peak() / 1024:,.0f} |"


def _watch():
    """Starts to look at the anonymous memory of this process; call the result for the most seen, in KB."""
    most = [0]

    def look() -> None:
        while True:
            lines = Path("/proc/self/status").read_text().splitlines()
            most[0] = max(most[0], *(int(line.split()[1]) for line in lines if line.startswith("RssAnon")))
            time.sleep(0.02)

    threading.Thread(target=look, daemon=True).start()
    return lambda: most[0]


def verdicts(found: list[dict]) -> list[str]:
    """Asked for beside had; the marginal cost is the slope of a line through neighbouring counts."""
    n, first = (np.array([row[key] for row in found], float) for key in ("n", "first"))
    lines = []
    if len(n) > 2:
        slopes = np.diff(first) / np.diff(n) * 1000
        shown = ", ".join(
            f"{a:,.0f} to {b:,.0f}: {slope:.2f}" for a, b, slope in zip(n[:-1], n[1:], slopes, strict=True)
        )
        lines.append(f"- milliseconds for each further picture, {shown}")
    last = found[-1]
    lines.append(f"- under 1,500 MB of anonymous memory: {max(row['memory'] for row in found):,.0f}")
    lines.append(
        f"- second run without a network pass, at most 3 % of the first: {last['passes']} passes, "
        f"{100 * last['second'] / last['first']:.1f} %"
    )
    return lines


if __name__ == "__main__":
    raise SystemExit(main())

"""The same commands by two checkouts in turn, so that what else the machine does meets both: what a change costs.

python benchmarks/speed/against.py OTHER --data DATA --weights FILE [--rounds 3] [--only NAME]

OTHER: another checkout of this project. DATA holds hymenoptera and cifar10; FILE: weights of mobilenetv2_100. Each has
a cache of its own. warm: networks are converted, and no picture was seen before; cold: nothing is kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parents[2]
SEEN = ("features", "evidence", "looks")  # what the cache knows of pictures


def commands(data: Path, weights: Path, place: Path) -> dict[str, list[str]]:
    """What is timed, by name; `place` takes what they write."""
    photos = str(data / "hymenoptera")
    network = ["--backbone", "timm:mobilenetv2_100", "--weights", str(weights)]
    one = str(next((data / "hymenoptera").rglob("*.jpg")))
    quiet = ["--quiet", "--force"]
    return {
        "the frozen job, cold": ["train", photos, *network, *quiet, "-o", str(place / "cold")],
        "the frozen job, warm": ["train", photos, *network, *quiet, "-o", str(place / "run")],
        "the same again, all kept": ["train", photos, *network, *quiet, "-o", str(place / "run")],
        "a decision, 2,000 of cifar10, small": [
            "plan",
            str(place.parent / "cifar10"),
            *quiet,
            "-o",
            str(place / "p"),
        ],
        "fine-tuning, small, 5 epochs": [
            *("train", photos, "--case", "3", "--epochs", "5", "--threads", "2", *quiet),
            *("-o", str(place / "tuned")),
        ],
        "one prediction": ["predict", str(place / "run" / "bundle"), one],
        "headstart --help": ["--help"],
    }


def some(source: Path, target: Path, each: int) -> None:
    """Links to `each` pictures of every class."""
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        (target / folder.name).mkdir(parents=True)
        for picture in sorted(folder.iterdir())[:each]:
            (target / folder.name / picture.name).symlink_to(picture.resolve())


def timed(checkout: Path, cache: Path, argv: list[str]) -> float:
    """Seconds from the process's start to its end."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "XDG_CACHE_HOME": str(cache)}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "headstart", *argv],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{checkout}: headstart {' '.join(argv)}: {done.stderr.strip()[-400:]}")
    return time.perf_counter() - began


def forget(cache: Path, names: tuple[str, ...]) -> None:
    for name in names:
        shutil.rmtree(cache / "headstart" / name, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="commands whose names hold this")
    args = parser.parse_args()
    checkouts = {"other": args.other.resolve(), "this": HERE}
    print("| command | other, s | this, s | this / other |\n|-|-|-|-|")
    with tempfile.TemporaryDirectory() as name:
        places = {key: Path(name) / key for key in checkouts}
        some(args.data / "cifar10" / "train", Path(name) / "cifar10", 200)
        for what in commands(args.data, args.weights, Path(name) / "this"):
            if args.only not in what:
                continue
            taken: dict[str, list[float]] = {key: [] for key in checkouts}
            for number in range(args.rounds + 1):
                for key, checkout in checkouts.items():
                    if "cold" in what:
                        forget(
                            places[key], tuple(path.name for path in (places[key] / "headstart").glob("*"))
                        )
                    elif "warm" in what or "decision" in what:
                        forget(places[key], SEEN)
                    argv = commands(args.data, args.weights, places[key])[what]
                    seconds = timed(checkout, places[key], argv)
                    if number:  # the first one of each warms up
                        taken[key].append(seconds)
            other, this = (statistics.median(own) for own in taken.values())
            print(f"| {what} | {other:.2f} | {this:.2f} | {this / other:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The whole frozen job on ants and bees beside its floor and its peers: seconds, ratios, accuracies, a figure.

    python benchmarks/speed/job.py --data DIR --weights DIR [--peers PYTHON] [--rounds 3] [--figure FILE]

DIR for --data holds `hymenoptera` as train/ and val/; DIR for --weights `mobilenetv2_100.safetensors`. PYTHON is an
interpreter that has fastai (`make peers` makes `.venv-peers/bin/python`); without it the peers are left out. All run in
turn, `rounds` times over (the tutorial's 25 epochs once), one process at a time; the median counts. Seconds are from
process start to process end, but for the floor and the plain forward passes, which are timed from inside, everything
imported and compiled.

warm    networks converted, no features of these pictures kept, the pictures never seen
cold    nothing kept at all: the network is made and converted first
floor   decoding the 398 pictures, overlapped with the network, in fp32 through OpenVINO, nothing else
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from figure import bars

HERE = Path(__file__).parent
LONG = ("PyTorch tutorial, frozen",)  # once is enough: it takes as long as all others together
Run = Callable[[], dict]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--peers", help="a Python with fastai")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = contestants(args, Path(folder))
        found: dict[str, list[dict]] = {name: [] for name in runs}
        for turn in range(args.rounds):
            for name, run in runs.items():
                if turn and name in LONG:
                    continue
                found[name].append(run())
                print(f"round {turn + 1}: {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    medians = {name: statistics.median(r["seconds"] for r in own) for name, own in found.items()}
    print(table(found, medians))
    print("\n" + "\n".join(verdicts(medians)))
    if args.figure:
        args.figure.write_text(bars(medians), encoding="utf-8")
    return 0


def contestants(args: argparse.Namespace, folder: Path) -> dict[str, Run]:
    data, weights = (
        args.data.resolve() / "hymenoptera",
        args.weights.resolve() / "mobilenetv2_100.safetensors",
    )
    warm = folder / "warm"
    ours(data, weights, warm, folder)  # converts what a warm run finds converted
    runs: dict[str, Run] = {
        "headstart, warm": lambda: ours(data, weights, forgetful(warm), folder),
        "headstart, cold": lambda: ours(data, weights, emptied(folder / "cold"), folder),
        "floor": lambda: inside(sys.executable, "floor.py", data, weights, cache=warm),
        "torch forward, fp32": lambda: inside(sys.executable, "forward.py", data, weights, "fp32"),
        "torch forward, bf16": lambda: inside(sys.executable, "forward.py", data, weights, "bf16"),
        "PyTorch tutorial, frozen": lambda: whole(sys.executable, "tutorial.py", data, weights),
    }
    if args.peers:
        for way in ("frozen", "fine-tune"):
            for tuned in ((), ("--tuned",)):
                name = f"fastai, {way}{', tuned' if tuned else ''}"
                runs[name] = lambda way=way, tuned=tuned: whole(
                    args.peers, "fastai_job.py", data, weights, way, *tuned
                )
    return runs


def ours(data: Path, weights: Path, cache: Path, folder: Path) -> dict:
    """One `headstart train`, evidence and report included, with `cache` for a cache."""
    output = folder / "run"
    shutil.rmtree(output, ignore_errors=True)
    network = ["--backbone", "timm:mobilenetv2_100", "--weights", str(weights)]
    command = ["train", str(data), *network, "--model-kwargs", "pad_type=same", "--json", "-o", str(output)]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "headstart", *command],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - began
    ((_, score),) = json.loads(done.stdout)["splits"].items()
    return {"seconds": seconds, "accuracy": score["accuracy"]}


def forgetful(cache: Path) -> Path:
    """The cache without anything about pictures: converted networks stay."""
    for name in ("features", "looks"):
        shutil.rmtree(cache / "headstart" / name, ignore_errors=True)
    return cache


def emptied(cache: Path) -> Path:
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir()
    return cache


def whole(python: str, script: str, *arguments: object) -> dict:
    """A script's JSON, with the seconds of its whole process."""
    began = time.perf_counter()
    found = inside(python, script, *arguments)
    return {**found, "seconds": time.perf_counter() - began}


def inside(python: str, script: str, *arguments: object, cache: Path | None = None) -> dict:
    """A script's JSON, with the seconds that it measured itself."""
    command = [python, str(HERE / script), *map(str, arguments)]
    env = {**os.environ, **({"XDG_CACHE_HOME": str(cache)} if cache else {})}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def table(found: dict[str, list[dict]], medians: dict[str, float]) -> str:
    lines = [
        "| | seconds (median) | least to most | accuracy on val | times headstart, warm |",
        "|-|-|-|-|-|",
    ]
    for name, own in found.items():
        seconds = [run["seconds"] for run in own]
        accuracy = "" if "accuracy" not in own[0] else f"{statistics.median(r['accuracy'] for r in own):.3f}"
        ratio = medians[name] / medians["headstart, warm"]
        lines.append(
            f"| {name} | {medians[name]:.1f} | {min(seconds):.1f} to {max(seconds):.1f} | {accuracy} | {ratio:.1f} |"
        )
    return "\n".join(lines)


def verdicts(medians: dict[str, float]) -> list[str]:
    """Asked for beside had."""
    warm, cold, floor = medians["headstart, warm"], medians["headstart, cold"], medians["floor"]
    lines = [f"- at most 1.5 × floor + 1.5 s = {1.5 * floor + 1.5:.1f} s: {warm:.1f} s"]
    if "fastai, frozen" in medians:
        plain, tuned = medians["fastai, frozen"], medians["fastai, frozen, tuned"]
        lines += [
            f"- warm, at least 25 times fastai frozen: {plain / warm:.1f}",
            f"- warm, at least 12 times the same tuned: {tuned / warm:.1f}",
            f"- cold, at least 8 times fastai frozen: {plain / cold:.1f}",
        ]
    return lines


if __name__ == "__main__":
    raise SystemExit(main())

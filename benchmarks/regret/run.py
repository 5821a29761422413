"""Runs every strategy on every setting: the raw results that the regret of choices is measured on.

    python benchmarks/regret/run.py --data DIR --weights DIR [--backbones small demo-cnn mobilenet] [--domains ...]
                                    [--seeds 0 1 2] [--each N ...] [--longer TIMES] [--time-limit SECONDS] [--evidence]

Results go to benchmarks/regret/results: `outcomes.csv`, one row for a strategy on a setting, right or wrong picture by
picture in it; `settings.csv`, labels and groups of the test pictures; `evidence.jsonl`, what was measured before the
choice, and what that cost. What lies there is not run again, so that the whole can be had in pieces: --time-limit stops
before the next setting. Where the evidence has changed, take `evidence.jsonl` away: --evidence measures it anew, and
the outcomes stay. --longer trains that many times as long, to see where strategies come to rest, and keeps its results
apart. `unseen` goes with `twin` alone, `small` pre-trained without those classes: the other networks may have seen its
pictures, and MobileNetV2 those of hymenoptera's kind.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np
from cases import EACH, Case, cases

import headstart
from headstart import cache, evidence, progress
from headstart.backbone import Backbone
from headstart.cli import console
from headstart.cli.pages import keep_pages
from headstart.data.split import selection
from headstart.planning.decide import decide
from headstart.runtime import Execution
from headstart.study import Comparison, compare, contenders
from headstart.study.contenders import budget

SIZE = 64
EVIDENCE = "evidence.jsonl"
Key = tuple[str, int, str, int]  # domain, pictures a class, network, seed
OUTCOMES = (
    "domain", "each", "backbone", "seed", "strategy", "cut", "accuracy", "selection", "lr", "seconds", "right", "trace"
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--backbones", nargs="+", default=["small", "demo-cnn", "mobilenet", "twin"])
    parser.add_argument("--domains", nargs="+", default=list(EACH))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--each", type=int, nargs="+", help="only settings with so many pictures a class")
    parser.add_argument("--longer", type=int, default=1)
    parser.add_argument(
        "--evidence", action="store_true", help="measure it where outcomes stand, and run nothing"
    )
    parser.add_argument("--time-limit", type=float, default=float("inf"))
    args = parser.parse_args()
    keep_pages()
    progress.use(console.choose(quiet=False))
    began = time.monotonic()
    results = Results(folder(args.longer))
    for case in cases(args.data, args.domains, args.seeds):
        for name in args.backbones:
            if (case.domain == "unseen") != (name == "twin") or case.each not in (args.each or [case.each]):
                continue
            if args.evidence and (case.domain, case.each, name, case.seed) not in results.run:
                continue
            if time.monotonic() - began > args.time_limit:
                print("time is up; run again to go on")
                return 0
            _one(case, name, network(name, args.weights), args.longer, results)
    return 0


def folder(longer: int = 1) -> Path:
    """Where results lie of trainings that many times as long as the budget."""
    return Path(__file__).parent / ("results" if longer == 1 else f"results-{longer}-times")


def network(name: str, weights: Path) -> Backbone:
    """The network that results call `name`."""
    if name == "mobilenet":
        return headstart.load_backbone(
            "timm:mobilenetv2_100",
            weights=str(weights / "mobilenetv2_100.safetensors"),
            model_kwargs={"pad_type": "same"},
            image_size=SIZE,
        )
    if name == "twin":
        return headstart.load_backbone(str(Path(__file__).parent / "small-twin"))
    return headstart.load_backbone(name, image_size=SIZE)


def _one(case: Case, name: str, backbone: Backbone, longer: int, results: Results) -> None:
    key = (case.domain, case.each, name, case.seed)
    if key not in results.measured:
        progress.say(f"{case.name}, seed {case.seed}, {name}: evidence")
        results.add_evidence(key, *_measured(case, backbone))
    if key not in results.run:
        progress.say(f"{case.name}, seed {case.seed}, {name}: every strategy")
        found = _compared(case, backbone, results.measured[key], longer)
        results.add_outcomes(key, case, found)


def _measured(case: Case, backbone: Backbone) -> tuple[evidence.Evidence, float, np.ndarray]:
    """(the evidence, what it took with the decision, groups of the selection pictures)"""
    began = time.perf_counter()
    fresh = Execution(precision="auto", keep="none")  # costs what it costs on new pictures
    measured = evidence.measure(case.dataset, case.partition, backbone, seed=case.seed, execution=fresh)
    decide(measured, backbone, seed=case.seed)
    seconds = time.perf_counter() - began
    _, chosen = selection(case.dataset, case.partition, case.seed)
    return measured, seconds, np.unique(case.dataset.groups[chosen], return_inverse=True)[1]


def _compared(case: Case, backbone: Backbone, measured: evidence.Evidence, longer: int) -> Comparison:
    kept, _ = selection(case.dataset, case.partition, case.seed)
    recipe = {"epochs": longer * budget(len(kept)).epochs}
    field = contenders(backbone, cut=measured.lower.cut, n=len(kept), seed=case.seed, recipe=recipe)
    plan = decide(measured, backbone, seed=case.seed)
    kept_at, execution = cache.folder("benchmarks", "regret"), Execution(precision=measured.precision)
    return compare(field, plan, backbone, case.dataset, case.partition, kept_at, execution=execution)


class Results:
    """The files of results: what stands in them, and one more setting at a time."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.measured: dict[Key, evidence.Evidence] = {}
        for row in _lines(place / EVIDENCE):
            key = (row["domain"], row["each"], row["backbone"], row["seed"])
            self.measured[key] = evidence.Evidence.from_dict(row["evidence"])
        self.run: set[Key] = set()
        if (place / "outcomes.csv").is_file():
            with (place / "outcomes.csv").open(encoding="utf-8") as handle:
                rows = csv.DictReader(handle)
                self.run = {(r["domain"], int(r["each"]), r["backbone"], int(r["seed"])) for r in rows}

    def add_evidence(
        self, key: Key, measured: evidence.Evidence, seconds: float, selection_groups: np.ndarray
    ) -> None:
        self.place.mkdir(exist_ok=True)
        self.measured[key] = measured
        row = {**_named(key), "seconds": seconds, "selection_groups": selection_groups.tolist()}
        with (self.place / EVIDENCE).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps({**row, "evidence": measured.to_dict()}) + "\n")

    def add_outcomes(self, key: Key, case: Case, found: Comparison) -> None:
        _settings(self.place, case)
        for outcome in found.outcomes:
            right = outcome.predictions == found.labels
            row = {
                **_named(key),
                "strategy": outcome.name,
                "cut": outcome.cut,
                "accuracy": f"{right.mean():.4f}",
                "selection": np.packbits(outcome.selection).tobytes().hex(),
                "lr": outcome.lr or "",
                "seconds": f"{outcome.seconds:.2f}",
                "trace": " ".join(f"{accuracy:.3f}" for accuracy in outcome.trace),
                "right": np.packbits(right).tobytes().hex(),
            }
            _append(self.place / "outcomes.csv", OUTCOMES, row)
        self.run.add(key)


def _named(key: Key) -> dict[str, str | int]:
    return dict(zip(("domain", "each", "backbone", "seed"), key, strict=True))


def _lines(path: Path) -> list[dict]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _settings(results: Path, case: Case) -> None:
    """Labels and groups of the test pictures, once for each data set."""
    path = results / "settings.csv"
    if path.is_file() and any(line.startswith(f"{case.domain},") for line in path.read_text().splitlines()):
        return
    report = case.partition.report
    _, groups = np.unique(case.dataset.groups[report], return_inverse=True)
    row = {
        "domain": case.domain,
        "labels": " ".join(map(str, case.dataset.labels[report])),
        "groups": " ".join(map(str, groups)),
    }
    _append(path, tuple(row), row)


def _append(path: Path, head: tuple[str, ...], row: dict) -> None:
    new = not path.is_file()
    if not new and path.read_text(encoding="utf-8").partition("\n")[0] != ",".join(head):
        raise SystemExit(f"{path}: has other columns than {', '.join(head)}; move it away")
    with path.open("a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, head, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    raise SystemExit(main())

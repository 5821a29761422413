"""What the rules say of the data, held against what a reader of the lesson would say: size, similarity, quadrant.

    python benchmarks/verdicts.py --data DIR --weights DIR --measure     measures what is lacking in verdicts.jsonl
    python benchmarks/verdicts.py                                        judges by it; prints Markdown tables

`verdicts.csv` holds the situations: a data set, so many training pictures, a network; and what a reader would say
("either": both are right). It was fixed before the rules were written. Every network runs at its own size. Of sets with
more pictures than evidence looks at, the pictures measured are the same whatever their number.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "regret"))

from cases import dataset_of

import headstart
from headstart import progress
from headstart.backbone import Backbone
from headstart.cli import console
from headstart.data.dataset import Dataset
from headstart.data.split import sample
from headstart.evidence import Evidence
from headstart.evidence.conclude import conclude
from headstart.evidence.control import SAMPLE, SAMPLE_PER_CLASS
from headstart.evidence.known import Question
from headstart.evidence.measure import DRAWS, _weigh
from headstart.evidence.precision import settle
from headstart.planning.four import called_for
from headstart.runtime import Execution

SITUATIONS = Path(__file__).with_suffix(".csv")
MEASURED = Path(__file__).with_suffix(".jsonl")
FILES = {
    "timm:mobilenetv2_100": "mobilenetv2_100.safetensors",
    "torchvision:squeezenet1_0": "squeezenet1_0.safetensors",
}


@dataclass(frozen=True)
class Situation:
    data: str
    pictures: int
    backbone: str
    size: str
    similarity: str

    @property
    def key(self) -> tuple[str, int, str]:
        return self.data, self.pictures, self.backbone


def situations() -> list[Situation]:
    with SITUATIONS.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return [Situation(**{**row, "pictures": int(row["pictures"])}) for row in rows]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--measure", action="store_true")
    args = parser.parse_args()
    if args.measure:
        run(args.data, args.weights)
        return 0
    judge(measured())
    return 0


def measured() -> dict[tuple[str, int, str], Evidence]:
    """Every situation that was measured."""
    lines = MEASURED.read_text(encoding="utf-8").splitlines() if MEASURED.is_file() else []
    rows = [json.loads(line) for line in lines]
    return {(r["data"], r["pictures"], r["backbone"]): Evidence.from_dict(r["evidence"]) for r in rows}


def run(data: Path, weights: Path) -> None:
    progress.use(console.choose(quiet=False))
    known, datasets = measured(), {}
    for one in sorted(situations(), key=lambda s: s.backbone != "small"):
        if one.key in known:
            continue
        if one.data not in datasets:
            datasets[one.data] = dataset_of(data, one.data)
        progress.say(f"{one.data}, {one.pictures:,} pictures, {one.backbone}")
        found = weigh(datasets[one.data], one, network(one.backbone, weights))
        row = {
            "data": one.data,
            "pictures": one.pictures,
            "backbone": one.backbone,
            "evidence": found.to_dict(),
        }
        with MEASURED.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row) + "\n")


def network(name: str, weights: Path) -> Backbone:
    if name not in FILES:
        return headstart.load_backbone(name)
    padded = {"model_kwargs": {"pad_type": "same"}} if name.startswith("timm") else {}
    return headstart.load_backbone(name, weights=str(weights / FILES[name]), **padded)


def weigh(dataset: Dataset, one: Situation, backbone: Backbone) -> Evidence:
    """Evidence of that many training pictures, from the first of one drawing that all numbers share."""
    part = headstart.partition(dataset, seed=0)
    whole = part.train[sample(dataset.labels[part.train], one.pictures, 0)]
    least = max(SAMPLE, SAMPLE_PER_CLASS * len(dataset.classes))
    seen = part.train[sample(dataset.labels[part.train], least, 0)]
    train = seen if one.pictures >= least else seen[sample(dataset.labels[seen], one.pictures, 0)]
    backbone = backbone.with_levels_of(dataset, train)
    how, _ = settle(dataset, train, backbone, Execution(precision="auto"))
    return _weigh(dataset, np.sort(whole), np.sort(train), backbone, how, Question(0, None, None, DRAWS))


def judge(known: dict[tuple[str, int, str], Evidence]) -> None:
    """The table of situations, and how often rule and reader agree."""
    print("| data | pictures | network | size | reader | similarity | reader |\n|-|-|-|-|-|-|-|")
    right, cases = Counter(), Counter()
    judged = [one for one in situations() if one.key in known]
    for one in judged:
        verdict = conclude(known[one.key].facts)
        sized, like = one.size in ("either", verdict.size), one.similarity == verdict.similarity
        right.update({"size": sized, "similarity": like, "both": sized and like})
        if one.size != "either":
            cases[called_for(one.size, one.similarity).number] += 1
        print(
            f"| {one.data} | {one.pictures:,} | {one.backbone} | {verdict.size} | {one.size}{'' if sized else ' ✗'} "
            f"| {verdict.similarity} | {one.similarity}{'' if like else ' ✗'} |"
        )
    print()
    for name, count in right.items():
        print(f"{name}: {count} of {len(judged)}, {100 * count / len(judged):.0f} %")
    print("quadrants:", ", ".join(f"case {number} {count}" for number, count in sorted(cases.items())))


if __name__ == "__main__":
    raise SystemExit(main())

"""All cuts side by side: how much each should say. Prints a Markdown table of accuracies on test pictures.

    python benchmarks/shares.py --data DIR --weights DIR [--domains cifar10 gtsrb] [--seeds 0]
                                [--powers 1 0.75 0.5 0.25 0] [--head-layers 2]

Probes at all cuts of the settings of benchmarks/regret, a cut's share in the standardised features being its width to
the power that heads the column (headstart/evidence/spectrum.py has it as SHARE).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "regret"))

from cases import Case, cases
from run import network

from headstart.backbone import Backbone
from headstart.extraction import extract
from headstart.heads import head, spectrum
from headstart.runtime import Execution


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--domains", nargs="+", default=["cifar10", "gtsrb"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--powers", type=float, nargs="+", default=[1.0, 0.75, 0.5, 0.25, 0.0])
    parser.add_argument("--head-layers", type=int, default=1)
    args = parser.parse_args()
    print(_row(["setting", "seed", "n", *(f"{power:g}" for power in args.powers)]))
    print("|-" * (3 + len(args.powers)) + "|")
    found = []
    for case in cases(args.data, args.domains, args.seeds):
        for name in ("small", "demo-cnn", "mobilenet"):
            found.append(accuracies(case, network(name, args.weights), args.powers, args.head_layers))
            facts = [f"{case.name}, {name}", str(case.seed), f"{len(case.partition.train):,}"]
            print(_row([*facts, *(f"{accuracy:.3f}" for accuracy in found[-1])]), flush=True)
    print(_row(["mean", "", "", *(f"{accuracy:.3f}" for accuracy in np.mean(found, axis=0))]))
    return 0


def accuracies(case: Case, backbone: Backbone, powers: Sequence[float], layers: int) -> list[float]:
    """One for each of `powers`."""
    dataset, train, report = case.dataset, case.partition.train, case.partition.report
    whole = backbone.stage_names, "avgstd", {stage.name: stage.channels for stage in backbone.stages}
    own, held = (
        extract(dataset, index, backbone, execution=Execution(precision="fp32")) for index in (train, report)
    )
    x, asked, found = own.at(*whole), held.at(*whole), []
    for power in powers:
        spectrum.SHARE = power
        solved = head.solve(
            x,
            dataset.labels[train],
            len(dataset.classes),
            groups=dataset.groups[train],
            layers=layers,
            widths=[stage.width("avgstd") for stage in backbone.stages],
        )
        found.append(float((solved.head.logits(asked).argmax(axis=1) == dataset.labels[report]).mean()))
    return found


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())

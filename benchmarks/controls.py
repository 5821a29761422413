"""How much random copies of a network differ: what a second one may change of a verdict. Prints Markdown.

    python benchmarks/controls.py --data DIR --weights DIR [--copies 6]

On training pictures of hymenoptera and brain-mri with MobileNetV2 at 224 px and with `small`; on 2,000 of cifar10 and
of gtsrb with `small`. The lead is that of the pre-trained network's top cut over the best cut of one copy.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import headstart
from embedded import mobilenet
from headstart.backbone import Backbone
from headstart.data.split import folds, sample
from headstart.evidence.control import SAMPLE
from headstart.extraction import extract_beside
from headstart.heads.probe import Probe, cross_validate, penalties
from headstart.intervals import paired
from settings import Setting, settings


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=6)
    args = parser.parse_args()
    small, peer = headstart.load_backbone("small"), mobilenet(args.weights)
    print("| data | network | pictures | top cut | copies' best | lead in standard errors | apart |")
    print("|-|-|-|-|-|-|-|")
    for setting in settings(args.data):
        for backbone in (small, peer) if setting.name in ("hymenoptera", "brain-mri") else (small,):
            print(row(setting, backbone, args.copies), flush=True)
    return 0


def row(setting: Setting, backbone: Backbone, copies: int) -> str:
    dataset, (train, _) = setting.dataset, setting.parts[0]
    index = train[sample(dataset.labels[train], SAMPLE, 0)]
    labels, groups = dataset.labels[index], dataset.groups[index]
    fold, grid = folds(labels, groups, 5, 0), penalties(labels, groups)
    own, *others = extract_beside(dataset, index, backbone, (None, *range(copies)))

    def best(features, names) -> Probe:
        tried = (cross_validate(features.x[n], labels, len(dataset.classes), fold, grid) for n in names)
        return max(tried, key=lambda probe: probe.accuracy)

    top = best(own, backbone.stage_names[-1:])
    bars = [best(other, backbone.stage_names) for other in others]
    leads = [lead / error for lead, error in (paired(top.correct, bar.correct, groups) for bar in bars)]
    shown = (
        f"{min(values):.{digits}f} to {max(values):.{digits}f}"
        for values, digits in (([bar.accuracy for bar in bars], 3), (leads, 1))
    )
    name = f"{backbone.name}, {backbone.preprocess.size} px"
    apart = max(leads) - min(leads)
    return f"| {setting.name} | {name} | {len(index):,} | {top.accuracy:.3f} | {' | '.join(shown)} | {apart:.1f} |"


if __name__ == "__main__":
    raise SystemExit(main())

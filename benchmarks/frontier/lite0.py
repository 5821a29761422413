"""lite0 at four sizes against `small`, frozen: what each is worth on five sets, how fast it runs, what it weighs.

    python benchmarks/frontier/lite0.py --data DIR [--sets NAME ...] [--head ridge] [--speed]

DIR holds hymenoptera, brain-mri, cifar10 and gtsrb as folders; digits are scikit-learn's. Of cifar10 and gtsrb 2,000
pictures are trained on and 2,000 tested. The head is solved, or with --head ridge a ridge probe, at the cut, or all
of them, that cross-validates best on the training pictures. Prints Markdown. With --speed only the speed is
measured, which needs the machine for itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from PIL import Image

import headstart
from headstart import progress
from headstart.backbone import Backbone, folder, lite0
from headstart.cli import console
from headstart.cli.demo import handwritten_digits
from headstart.data.dataset import Dataset
from headstart.data.split import sample
from probing import Result, probe, speed
from settings import NAMES, Setting, settings

TRAINED, TESTED = 2_000, 2_000
SIZES = {"small": (64, 96, 128), "lite0": (224, 160, 128, 96)}  # the first is what others are held against
LOOKED = 200  # pictures whose size is looked at


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=(*NAMES, "digits"))
    parser.add_argument("--head", choices=("chosen", "ridge"), default="chosen")
    parser.add_argument("--speed", action="store_true")
    args = parser.parse_args()
    progress.use(console.choose(quiet=False))
    if args.speed:
        speeds()
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        for setting in judged(args.data, tuple(args.sets), Path(scratch)):
            accuracies(setting, args.head)
    return 0


def networks() -> Iterator[Backbone]:
    for name, sizes in SIZES.items():
        for size in sizes:
            yield headstart.load_backbone(name, image_size=size)


def speeds() -> None:
    print("| network | pixels | MB | pictures a second fp32 | bf16 |\n|-|-|-|-|-|")
    for backbone in networks():
        rates = " | ".join(f"{speed(backbone, precision):,.0f}" for precision in ("f32", "bf16"))
        size = backbone.preprocess.size
        print(f"| {backbone.name} | {size} | {megabytes(backbone.name):.1f} | {rates} |", flush=True)


def megabytes(name: str) -> float:
    stored = lite0.path() if name == lite0.NAME else folder.SHIPPED / name / "model.safetensors"
    return stored.stat().st_size / 1e6


def judged(data: Path, names: tuple[str, ...], scratch: Path) -> Iterator[Setting]:
    real = tuple(name for name in names if name in NAMES)
    yield from settings(data, real, few=TRAINED, tested=TESTED)
    if "digits" in names:
        dataset = headstart.load_data(str(handwritten_digits(scratch))).dataset
        parts = headstart.partition(dataset, seed=0)
        yield Setting("digits", dataset, ((parts.train, parts.report),))


def accuracies(setting: Setting, head: str) -> None:
    """A row for each network and size; leads over `small` at its own size in points, with paired standard errors."""
    side = shorter_side(setting.dataset)
    print(f"\n{setting.name}: {len(setting.tested):,} tested, median shorter side {side:.0f} px\n")
    print("| network | pixels | cut | accuracy | lead over small at 64 px |\n|-|-|-|-|-|", flush=True)
    rival = None
    for backbone in networks():
        result = probe(setting, backbone, head)
        rival = rival or result
        cuts, size = " / ".join(dict.fromkeys(result.cuts)), backbone.preprocess.size
        lead = leads(result, rival, setting)
        print(f"| {backbone.name} | {size} | {cuts} | {result.accuracy:.3f} | {lead} |", flush=True)


def leads(result: Result, rival: Result, setting: Setting) -> str:
    if result is rival:
        return "–"
    gain, error = result.against(rival, setting)
    return f"{100 * gain:+.1f} ± {100 * error:.1f}"


def shorter_side(dataset: Dataset) -> float:
    """The median over a sample of pictures, in pixels."""
    sides = []
    for i in sample(dataset.labels, LOOKED, 0):
        with Image.open(dataset.paths[i]) as image:
            sides.append(min(image.size))
    return float(np.median(sides))


if __name__ == "__main__":
    raise SystemExit(main())

"""The frontier: what each pre-trained candidate is worth, and what it costs, at the same size and precision.

    python benchmarks/frontier/measure.py probes --data DIR [--weights DIR] [--sizes 64 96 128] [NAME ...]
    python benchmarks/frontier/measure.py speed  [--weights DIR] [--sizes 64 96 128] [NAME ...]

DIR for --data holds hymenoptera, brain-mri, cifar10 and gtsrb; candidates come from train.py. With --weights,
MobileNetV2 at 224 px stands below as a yardstick. Prints Markdown: a row for each candidate, then one for each
candidate and size. Only `speed` needs the machine for itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import candidates
from train import place

import headstart
from embedded import mobilenet
from headstart import progress
from headstart.backbone import Backbone
from headstart.backbone import folder as folders
from headstart.cli import console
from probing import probe, speed
from settings import NAMES, Setting, settings


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("job", choices=("probes", "speed"))
    parser.add_argument("names", nargs="*", default=candidates.CANDIDATES)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=(64, 96, 128))
    args = parser.parse_args()
    candidates.register()
    progress.use(console.choose(quiet=False))
    if args.job == "speed":
        print("| network | pixels | pictures a second fp32 | bf16 |\n|-|-|-|-|")
        for name, backbone in networks(args):
            print(rates(name, backbone), flush=True)
        return 0
    if args.data is None:
        parser.error("probes needs --data")
    print("| network | top-1 | MB | parameters |\n|-|-|-|-|")
    for name in args.names:
        print(quality(name), flush=True)
    judged = tuple(settings(args.data))
    print(f"\n| network | pixels | {' | '.join(NAMES)} | mean |\n{'|-' * (len(NAMES) + 3)}|")
    for name, backbone in networks(args):
        print(row(name, backbone, judged), flush=True)
    return 0


def quality(name: str) -> str:
    card = folders.read_card(place(name))
    facts = card.training
    megabytes = (place(name) / "model.safetensors").stat().st_size / 1e6
    return f"| {name} | {facts['accuracy']:.3f} | {megabytes:.1f} | {facts['parameters'] / 1e6:.2f} M |"


def networks(args: argparse.Namespace) -> Iterable[tuple[str, Backbone]]:
    for name in args.names:
        for size in args.sizes:
            yield name, headstart.load_backbone(str(place(name)), image_size=size)
    if args.weights:
        yield "MobileNetV2 (ImageNet)", mobilenet(args.weights)


def row(name: str, backbone: Backbone, judged: tuple[Setting, ...]) -> str:
    found = [probe(setting, backbone, "ridge").accuracy for setting in judged]
    shown = " | ".join(f"{accuracy:.3f}" for accuracy in found)
    return f"| {name} | {backbone.preprocess.size} | {shown} | {sum(found) / len(found):.3f} |"


def rates(name: str, backbone: Backbone) -> str:
    shown = " | ".join(f"{speed(backbone, precision):,.0f}" for precision in ("f32", "bf16"))
    return f"| {name} | {backbone.preprocess.size} | {shown} |"


if __name__ == "__main__":
    raise SystemExit(main())

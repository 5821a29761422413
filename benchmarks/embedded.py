"""The embedded backbone against its random copy and against MobileNetV2 at 224 px, frozen, paired picture by picture.

    python benchmarks/embedded.py probes --data DIR --weights DIR [--backbone small] [--sizes 64 96 128]
    python benchmarks/embedded.py speed  --data DIR --weights DIR [--backbone small] [--sizes 64 96 128]

DIR for --data holds hymenoptera, brain-mri, cifar10 and gtsrb; DIR for --weights `mobilenetv2_100.safetensors`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import headstart
from headstart import progress
from headstart.backbone import Backbone
from headstart.cli import console
from headstart.data.loader import frames
from headstart.intervals import wilson
from probing import Result, probe, speed
from settings import NAMES, settings


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("job", choices=("probes", "speed"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--backbone", default="small")
    parser.add_argument("--sizes", type=int, nargs="+", default=(64, 96, 128))
    parser.add_argument("--sets", nargs="+", default=NAMES)
    args = parser.parse_args()
    progress.use(console.choose(quiet=False))
    peer = mobilenet(args.weights)
    ours = [headstart.load_backbone(args.backbone, image_size=size) for size in args.sizes]
    if args.job == "speed":
        speeds(ours, peer)
        decoding([*ours, peer], args.data)
    else:
        probes(ours, peer, args)
    return 0


def mobilenet(weights: Path) -> Backbone:
    return headstart.load_backbone(
        "timm:mobilenetv2_100",
        weights=str(weights / "mobilenetv2_100.safetensors"),
        model_kwargs={"pad_type": "same"},
    )


def probes(ours: list[Backbone], peer: Backbone, args: argparse.Namespace) -> None:
    """One row for each data set, head and size; differences in points with their paired standard errors."""
    print(
        "| data | head | network | accuracy | 95 % interval | n | random weights | lead | MobileNetV2 | lead |"
    )
    print("|-|-|-|-|-|-|-|-|-|-|")
    for setting in settings(args.data, tuple(args.sets)):
        for which in ("top", "chosen"):
            rival = probe(setting, peer, which)
            for backbone in ours:
                own = probe(setting, backbone, which)
                control = probe(setting, backbone, which, random=True)
                name = f"{backbone.name}, {backbone.preprocess.size} px"
                print(
                    f"| {setting.name} | {described(which, own)} | {name} | {score(own)} "
                    f"| {control.accuracy:.3f} | {lead(own.against(control, setting))} "
                    f"| {rival.accuracy:.3f} | {lead(own.against(rival, setting))} |",
                    flush=True,
                )


def described(which: str, result: Result) -> str:
    return which if which == "top" else " / ".join(dict.fromkeys(result.cuts))


def score(result: Result) -> str:
    hits, n = int(result.correct.sum()), len(result.correct)
    low, high = wilson(hits, n)
    return f"{result.accuracy:.3f} | {low:.3f} to {high:.3f} | {n:,}"


def lead(difference: tuple[float, float]) -> str:
    return f"{100 * difference[0]:+.1f} ± {100 * difference[1]:.1f}"


def speeds(ours: list[Backbone], peer: Backbone) -> None:
    """Networks alone, through OpenVINO; each ratio is taken in one round with the peer, the median of three rounds."""
    print("| network | precision | pictures a second | MobileNetV2 at 224 px | ratio |\n|-|-|-|-|-|")
    for precision in ("f32", "bf16"):
        for backbone in ours:
            rounds = [(speed(backbone, precision), speed(peer, precision)) for _ in range(3)]
            own, other = sorted(rounds, key=lambda pair: pair[0] / pair[1])[1]
            name = f"{backbone.name}, {backbone.preprocess.size} px"
            print(f"| {name} | {precision} | {own:,.0f} | {other:,.0f} | {own / other:.1f} |", flush=True)


def decoding(backbones: list[Backbone], data: Path) -> None:
    """Decoding and preparing alone, on all cores: what stands beside the networks' speed in a whole run."""
    print("\n| pictures | pixels | decoded and prepared a second |\n|-|-|-|")
    for name in ("hymenoptera", "cifar10"):
        paths = headstart.load_data(str(data / name)).dataset.paths[:4000]
        for backbone in backbones:
            began = time.perf_counter()
            count = sum(len(batch) for _, batch in frames(paths, backbone.preprocess, batch_size=32))
            rate = count / (time.perf_counter() - began)
            print(f"| {name} | {backbone.preprocess.size} | {rate:,.0f} |", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

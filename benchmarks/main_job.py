"""The main job on real pictures: every accuracy beside its interval, the majority class and random weights.

    python benchmarks/main_job.py digits                              demo-cnn against raw pixels and random weights
    python benchmarks/main_job.py headline [--data DIR]               the networks in the box, by default and by name
    python benchmarks/main_job.py proof  --data DIR --weights DIR     hymenoptera through MobileNetV2, frozen
    python benchmarks/main_job.py forced --data DIR [--weights DIR]   each of the four cases, forced, on two sets
    python benchmarks/main_job.py shape  --data DIR                   what size and colour mode alone give away

DIR for --data holds `hymenoptera` and `brain-mri` as folders; DIR for --weights holds
`mobilenetv2_100.safetensors`. headline does digits, which come with scikit-learn, and what of DIR is there; what is
not, it names. Prints Markdown rows. Every row is one `headstart train` with the flags shown.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EMBEDDED = ["--backbone", "demo-cnn"]
HEAD = (
    "| data | backbone | case | flags | accuracy | 95 % interval | n | majority | random weights | seconds |"
)


def train(data: Path, flags: list[str], output: Path) -> dict:
    """One `headstart train --json`; its result, with the seconds it took."""
    command = [sys.executable, "-m", "headstart", "train", str(data), *flags, "--json", "-o", str(output)]
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {**json.loads(done.stdout), "seconds": time.monotonic() - began}


def row(name: str, result: dict, shown: list[str]) -> str:
    """A Markdown row of the main table."""
    ((_, score),) = result["splits"].items()
    low, high = score["interval"]
    bars = [result["baselines"][bar]["accuracy"] for bar in ("majority class", "random weights")]
    chosen = next(arm["name"] for arm in result["arms"] if arm["chosen"])
    return (
        f"| {name} | {result['backbone']} | {result['case']} ({chosen}) | `{' '.join(shown)}` "
        f"| {score['accuracy']:.3f} | {low:.3f} to {high:.3f} | {score['n']} | {bars[0]:.3f} | {bars[1]:.3f} "
        f"| {result['seconds']:.0f} |"
    )


def arms(result: dict) -> str:
    """The arms that were tried, in one line."""
    return "; ".join(
        f"{arm['name']} {arm['accuracy']:.3f}{' (kept)' if arm['chosen'] else ''}"
        for arm in result["arms"]
        if arm["accuracy"] is not None
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("job", choices=("digits", "headline", "proof", "forced", "shape"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--flags", default="", help="more flags for every run, such as '--image-size 128'")
    parser.add_argument("--cases", default="1,2,3,4")
    args = parser.parse_args()
    jobs = {"digits": digits, "headline": headline, "proof": proof, "forced": forced, "shape": shape}
    with tempfile.TemporaryDirectory() as folder:
        return jobs[args.job](args, Path(folder))


def mobilenet(args: argparse.Namespace) -> list[str]:
    file = args.weights / "mobilenetv2_100.safetensors"
    return ["--backbone", "timm:mobilenetv2_100", "--weights", str(file), "--model-kwargs", "pad_type=same"]


def proof(args: argparse.Namespace, folder: Path) -> int:
    result = train(args.data / "hymenoptera", [*mobilenet(args), *args.flags.split()], folder / "run")
    ((_, score),) = result["splits"].items()
    print(HEAD + "\n|-|-|-|-|-|-|-|-|-|-|")
    print(row("hymenoptera", result, args.flags.split()))
    print(f"\nright: {round(score['accuracy'] * score['n'])} of {score['n']}")
    return 0


def forced(args: argparse.Namespace, folder: Path) -> int:
    base = mobilenet(args) if args.weights else EMBEDDED
    print(HEAD + "\n|-|-|-|-|-|-|-|-|-|-|", flush=True)
    notes = []
    for name in ("hymenoptera", "brain-mri"):
        for case in args.cases.split(","):
            flags = ["--case", case, *args.flags.split()]
            result = train(args.data / name, [*base, *flags], folder / f"{name}-{case}")
            print(row(name, result, flags), flush=True)
            notes.append(f"- {name}, case {case}, on the selection pictures: {arms(result)}")
    print("\n" + "\n".join(notes))
    return 0


def digits(args: argparse.Namespace, folder: Path) -> int:
    """digits through demo-cnn against raw pixels and a random copy, paired on the held-back fifth."""
    import numpy as np

    from headstart import assess, data
    from headstart.cli.demo import handwritten_digits
    from headstart.intervals import paired
    from headstart.model import load

    root = handwritten_digits(folder)
    result = train(root, [*EMBEDDED, *args.flags.split()], folder / "run")
    print(HEAD + "\n|-|-|-|-|-|-|-|-|-|-|")
    print(row("digits", result, args.flags.split()))
    dataset = data.load(root).dataset
    partition = data.partition(dataset, seed=0)
    truth = dataset.labels[partition.report]
    with (folder / "run" / "predictions.csv").open() as handle:
        ours = np.array([line["label"] == line["prediction"] for line in csv.DictReader(handle)])
    model = load(folder / "run" / "bundle")
    peers = {
        "logistic regression on raw pixels": raw_pixels(dataset, partition) == truth,
        "the same network, random weights": assess.random_predictions(fresh(model), dataset, partition)
        == truth,
    }
    print(f"\n{model.backbone.name}: {ours.mean():.4f} on {len(ours)} pictures")
    for peer, right in peers.items():
        gain, error = paired(ours, right)
        verdict = "ahead" if gain > 2 * error else "behind" if gain < -2 * error else "no difference shown"
        only = (
            f"{int((ours & ~right).sum())} pictures right only here, {int((~ours & right).sum())} only there"
        )
        print(
            f"{peer}: {right.mean():.4f}; paired {100 * gain:+.2f} ± {100 * error:.2f} points ({only}): {verdict}"
        )
    return 0


def headline(args: argparse.Namespace, folder: Path) -> int:
    """What nothing but the install gives: the default network, and the other one of the box by its name."""
    from headstart.cli.demo import handwritten_digits

    sets = {"digits": handwritten_digits(folder)}
    for name in ("hymenoptera", "brain-mri"):
        place = args.data and args.data / name
        if place and place.is_dir():
            sets[name] = place
        else:
            print(f"{name}: not here; with --data DIR, or make bench DATA=DIR, DIR/{name} is taken")
    print(f"\n{HEAD}\n|-|-|-|-|-|-|-|-|-|-|", flush=True)
    for name, data in sets.items():
        flags = ["--case", "1", *args.flags.split()]
        result = train(data, flags, folder / f"{name}-default")
        print(row(name, result, flags), flush=True)
        other = ["--backbone", "lite0" if result["backbone"] == "small" else "small", *flags]
        print(row(name, train(data, other, folder / f"{name}-other"), other), flush=True)
    return 0


def shape(args: argparse.Namespace, folder: Path) -> int:
    """brain-mri by a decision tree on width, height and colour mode, on the same held-out pictures."""
    import numpy as np
    from PIL import Image
    from sklearn.tree import DecisionTreeClassifier

    from headstart import data
    from headstart.intervals import wilson

    dataset = data.load(args.data / "brain-mri").dataset
    modes = {"1": 0, "L": 1, "P": 2, "RGB": 3, "RGBA": 4}
    facts = []
    for path in dataset.paths:
        with Image.open(path) as image:
            facts.append((*image.size, modes.get(image.mode, 5)))
    for seed in range(4):
        parts = data.partition(dataset, seed=seed)
        tree = DecisionTreeClassifier(min_samples_leaf=5, random_state=0)
        tree.fit(np.array(facts)[parts.train], dataset.labels[parts.train])
        right = tree.predict(np.array(facts)[parts.report]) == dataset.labels[parts.report]
        low, high = wilson(int(right.sum()), len(right))
        print(f"seed {seed}: {right.mean():.3f} ({low:.3f} to {high:.3f}) on {len(right)} pictures")
    return 0


def fresh(model):
    """The bundle's model with its backbone as the zoo gives it: a random copy is made from that."""
    from dataclasses import replace

    from headstart import backbone

    return replace(model, backbone=backbone.load(model.backbone.name), folder=None)


def raw_pixels(dataset, partition):
    """Predictions of scikit-learn's cross-validated logistic regression on the 8×8 grey pixels."""
    import numpy as np
    from PIL import Image
    from sklearn.linear_model import LogisticRegressionCV

    def pixels(index):
        return np.stack(
            [np.asarray(Image.open(dataset.paths[i]).convert("L"), float).ravel() / 255 for i in index]
        )

    regression = LogisticRegressionCV(
        Cs=8, cv=5, max_iter=2000, l1_ratios=(0,), use_legacy_attributes=False, scoring="accuracy"
    )
    regression.fit(pixels(partition.train), dataset.labels[partition.train])
    return regression.predict(pixels(partition.report))


if __name__ == "__main__":
    sys.exit(main())

"""The head's solver against scikit-learn's LogisticRegressionCV, on real MobileNetV2 features.

    python benchmarks/speed/heads.py --data DIR --weights DIR [--rounds 3]

5,000 pictures of 100 classes of DIR/tiny-imagenet's train, 1,280 features at the top; 8 penalties, five folds, the same
for both; ours ends the path of penalties where the held-out loss clearly rises. scikit-learn gets the standardised
features that we solve on, lbfgs, and both cores, once with its own tolerance and once with one (CLOSE) that brings it
as near the optimum as ours is certified to be. Seconds of the solve alone, in turn, the median counts; beside them the
accuracy on 2,500 of its val pictures and the objective at the end.
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial
from pathlib import Path

import numpy as np

import headstart
from headstart.data.split import folds
from headstart.extraction import extract
from headstart.heads import head
from headstart.heads.logistic import log_softmax
from headstart.heads.spectrum import Scaling

CLASSES, EACH, ASKED = 100, 50, 25
CLOSE = 1e-5  # of LogisticRegressionCV: the gradient's largest entry, per picture


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    (x, y), (held, truth) = features(args)
    solvers = {
        "headstart": ours,
        "LogisticRegressionCV, as it comes": partial(sklearn, tolerance=1e-4),
        "LogisticRegressionCV, as near the optimum": partial(sklearn, tolerance=CLOSE),
    }
    seconds: dict[str, list[float]] = {name: [] for name in solvers}
    said: dict[str, str] = {}
    for _ in range(args.rounds):
        for name, solve in solvers.items():
            began = time.perf_counter()
            logits, l2, objective = solve(x, y, held)
            seconds[name].append(time.perf_counter() - began)
            accuracy = (logits.argmax(1) == truth).mean()
            said[name] = f"{accuracy:.3f} | {l2:g} | {objective:.7g}"
    print("| solver | seconds | accuracy | penalty chosen | objective there |\n|-|-|-|-|-|")
    medians = {name: statistics.median(own) for name, own in seconds.items()}
    for name, own in medians.items():
        print(f"| {name} | {own:.1f} | {said[name]} |")
    print(f"\n- at most 10 s: {medians['headstart']:.1f} s")
    for name, median in medians.items():
        if name != "headstart":
            print(f"- at least 5 times {name}: {median / medians['headstart']:.1f}")
    return 0


def features(args: argparse.Namespace) -> list[tuple[np.ndarray, np.ndarray]]:
    """[(float32 [5000, 1280], labels), (float32 [2500, 1280], labels)]"""
    backbone = headstart.load_backbone(
        "timm:mobilenetv2_100",
        weights=str(args.weights / "mobilenetv2_100.safetensors"),
        model_kwargs={"pad_type": "same"},
    )
    dataset = headstart.load_data(str(args.data / "tiny-imagenet")).dataset
    parts = headstart.partition(dataset, seed=0)
    found = []
    for index, each in ((parts.train, EACH), (parts.report, ASKED)):
        rows = np.concatenate([index[dataset.labels[index] == name][:each] for name in range(CLASSES)])
        taken = extract(dataset, rows, backbone)
        found.append((taken.x[backbone.top.name], dataset.labels[rows]))
    return found


def ours(x: np.ndarray, y: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, float, float]:
    solved = head.solve(x, y, CLASSES, groups=np.arange(len(y)))
    weight = solved.head.layers[0][0].astype(np.float64) * Scaling.of(x).scale
    return solved.head.logits(held), solved.l2, objective(solved.head.logits(x), y, weight, solved.l2)


def sklearn(
    x: np.ndarray, y: np.ndarray, held: np.ndarray, tolerance: float
) -> tuple[np.ndarray, float, float]:
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.model_selection import PredefinedSplit

    scaling = Scaling.of(x)
    z = scaling.apply(x, np.float64)
    split = PredefinedSplit(folds(y, np.arange(len(y)), head.FOLDS, 0))
    model = LogisticRegressionCV(
        Cs=[1 / l2 for l2 in head.GRID],
        cv=split,
        scoring="neg_log_loss",
        max_iter=1000,
        tol=tolerance,
        n_jobs=2,
    ).fit(z, y)
    l2 = 1 / float(np.ravel(model.C_)[0])
    return (
        model.decision_function(scaling.apply(held, np.float64)),
        l2,
        objective(model.decision_function(z), y, model.coef_, l2),
    )


def objective(logits: np.ndarray, y: np.ndarray, weight: np.ndarray, l2: float) -> float:
    """Summed log-loss and penalty, on the features that both solve on."""
    log_p = log_softmax(logits.astype(np.float64))
    return -float(log_p[np.arange(len(y)), y].sum()) + l2 / 2 * float((weight**2).sum())


if __name__ == "__main__":
    raise SystemExit(main())

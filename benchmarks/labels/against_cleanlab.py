"""Holds screening/confident.py against cleanlab on the same inputs, and writes some of them for the tests.

    python benchmarks/labels/against_cleanlab.py [--write tests/screening/cleanlab.json]

Needs cleanlab (2.9), which this project does not: install it elsewhere and put src/ on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds  # pyright: ignore
from cleanlab.filter import find_label_issues  # pyright: ignore
from cleanlab.rank import get_label_quality_scores  # pyright: ignore

from headstart.screening import confident

INPUTS, WRITTEN = 1_000, 6


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # cleanlab's, of classes with one picture
    same = sum(equal(*drawn(seed)) for seed in range(INPUTS))
    print(
        f"confident joint, label issues, thresholds and both scores are the same in {same} of {INPUTS} inputs"
    )
    if args.write:
        cases = [told(*drawn(seed, most=40)) for seed in range(WRITTEN)]
        args.write.write_text(json.dumps(cases) + "\n", encoding="utf-8")
    return 0 if same == INPUTS else 1


def drawn(seed: int, most: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """(labels, p): 2 to 7 classes, a tenth of the labels moved, heads from poor to good; p to six digits."""
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(2, 8))
    n = int(rng.integers(3 * classes, most))
    true = np.concatenate([np.arange(classes), rng.integers(classes, size=n - classes)])
    scores = rng.normal(size=(n, classes)) * rng.uniform(0.3, 2)
    scores[np.arange(n), true] += rng.uniform(0, 4)
    p = np.exp(scores)
    moved = rng.random(n) < 0.1
    moved[:classes] = False
    labels = true.copy()
    labels[moved] = rng.integers(classes, size=moved.sum())
    return labels, np.round(p / p.sum(axis=1, keepdims=True), 6)


def equal(labels: np.ndarray, p: np.ndarray) -> bool:
    theirs = told(labels, p)
    return (
        np.array_equal(theirs["joint"], confident.confident_joint(labels, p))
        and np.array_equal(theirs["issues"], np.flatnonzero(confident.issues(labels, p)))
        and np.allclose(theirs["thresholds"], confident.thresholds(labels, p))
        and np.allclose(theirs["self_confidence"], confident.self_confidence(labels, p))
        and np.allclose(theirs["normalized_margin"], (1 - confident.margin(labels, p)) / 2)
    )


def told(labels: np.ndarray, p: np.ndarray) -> dict[str, list]:
    """What cleanlab says, with what it was asked."""
    ways = ("self_confidence", "normalized_margin")
    scores = {how: get_label_quality_scores(labels, p, method=how).tolist() for how in ways}
    return {
        "labels": labels.tolist(),
        "p": p.tolist(),
        "joint": compute_confident_joint(labels, p).tolist(),
        "issues": np.flatnonzero(find_label_issues(labels, p, n_jobs=1)).tolist(),
        "thresholds": get_confident_thresholds(labels, p).tolist(),
        **scores,
    }


if __name__ == "__main__":
    raise SystemExit(main())

"""What a classifier of one data set makes of the pictures of others: "none of these", or not.

python benchmarks/certainty/strangers.py DATA          the tables of benchmarks/README.md
python benchmarks/certainty/strangers.py DATA all      also features standardised, and other numbers of neighbours
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from made import NETWORKS, Made, all_settings, load, made

from headstart.backbone import Backbone
from headstart.certainty.familiar import K, similarity
from headstart.heads.neighbours import Neighbours
from headstart.heads.spectrum import Scaling
from headstart.model.remember import head_input
from settings import Setting

SHOWN = 1_000  # pictures of each set
Way = Callable[[np.ndarray], np.ndarray]


def main(data: str, what: str = "tables") -> None:
    """Prints Markdown rows: a network, a classifier, and a kind of strangers each."""
    every = all_settings(data)
    for name in NETWORKS:
        network = load(name)
        for setting in every:
            one = next(made(setting, network, parts=1))
            _strangers(name, one, every, network, what == "all")


def _strangers(name: str, one: Made, every: list[Setting], network: Backbone, everything: bool) -> None:
    familiar = one.model.certainty.familiar
    assert familiar is not None
    ways = _ways(one, everything)
    own = head_input(one.model, one.setting.dataset, one.test[:SHOWN])
    ours = {way: score(own) for way, score in ways.items()}
    kept = next(iter(ways))
    print(
        f"| {name} | {one.setting.name} | its own | {np.mean(ours[kept] < familiar.line):.3f} |", flush=True
    )
    shown = {s.name: head_input(one.model, s.dataset, _some(s)) for s in every if s is not one.setting}
    if one.setting.name == "hymenoptera":
        cifar = next(s for s in every if s.name == "cifar10")
        index = cifar.tested[cifar.dataset.labels[cifar.tested] == cifar.dataset.classes.index("cat")]
        shown["cifar10's cats"] = head_input(one.model, cifar.dataset, index)
    for called, x in shown.items():
        theirs = {way: score(x) for way, score in ways.items()}
        areas = " | ".join(f"{auroc(ours[way], theirs[way]):.3f}" for way in ways)
        share = np.mean(theirs[kept] < familiar.line)
        print(f"| {name} | {one.setting.name} | {called} | {share:.3f} | {areas} |", flush=True)


def _some(setting: Setting) -> np.ndarray:
    tested = setting.tested
    return np.sort(np.random.default_rng(0).permutation(tested)[:SHOWN])


def _ways(one: Made, everything: bool) -> dict[str, Way]:
    """Name → a score of pictures at the head's input, higher for the classifier's own kind; the kept one first."""
    kept, model = one.model.neighbours, one.model
    assert kept is not None
    dataset, train = one.setting.dataset, one.train
    x, y = head_input(model, dataset, train), dataset.labels[train]
    scaling = Scaling.of(x)
    ways: dict[str, Way] = {
        f"nearest, {K}rd": lambda new: similarity(kept, new),
        "relative Mahalanobis": mahalanobis(scaling.apply(x), y, scaling),
        "probability": lambda new: model.answers_to(new).probabilities.max(axis=1),
    }
    if everything:
        z = scaling.apply(x, np.float32)
        standard = Neighbours.of(z, y, [""] * len(y), [""] * len(y), kept.widths)
        for k in (1, 3, 5, 10, 20):
            ways[f"{k} nearest"] = lambda new, k=k: kept.nearest(new, k)[0][:, -1]
            ways[f"{k} nearest, standardised"] = lambda new, k=k: standard.nearest(
                scaling.apply(new, np.float32), k
            )[0][:, -1]
    return ways


def mahalanobis(z: np.ndarray, y: np.ndarray, scaling: Scaling, shrink: float = 0.1) -> Way:
    """Ren et al. 2021: the distance to the nearest class's mean less that to the mean of all, covariances shrunk."""
    means = np.stack([z[y == c].mean(axis=0) for c in np.unique(y)])
    within, whole = (
        _whitening(part, shrink) for part in (z - means[np.searchsorted(np.unique(y), y)], z - z.mean(0))
    )

    def score(new: np.ndarray) -> np.ndarray:
        at = scaling.apply(new)
        near = np.min([(((at - mean) @ within) ** 2).sum(axis=1) for mean in means], axis=0)
        return (((at - z.mean(axis=0)) @ whole) ** 2).sum(axis=1) - near

    return score


def _whitening(z: np.ndarray, shrink: float) -> np.ndarray:
    covariance = z.T @ z / len(z)
    mean = np.trace(covariance) / len(covariance)
    shrunk = (1 - shrink) * covariance + shrink * mean * np.eye(len(covariance))
    return np.linalg.cholesky(np.linalg.inv(shrunk))


def auroc(own: np.ndarray, others: np.ndarray) -> float:
    """How often one of `own` scores higher than one of `others`; a tie counts half."""
    order = np.sort(others)
    below = np.searchsorted(order, own, "left") + np.searchsorted(order, own, "right")
    return float(below.mean() / 2 / len(others))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How honest probabilities are and whether sets hold what they promise, on four data sets.

python benchmarks/certainty/calibration.py DATA           the tables of benchmarks/README.md
python benchmarks/certainty/calibration.py DATA scores    other scores for the sets, and temperatures of their own
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator

import numpy as np
from made import NETWORKS, Made, all_settings, load, made

from headstart import assess
from headstart.assess.doubts import COVERAGES
from headstart.assess.sureness import Sureness
from headstart.certainty.temperature import tempered


def main(data: str, what: str = "tables") -> None:
    """Prints Markdown rows, a network and a set each."""
    every = all_settings(data)
    print(_HEAD if what == "tables" else "| network | set | score | wanted | held | classes |\n|-|-|-|-|-|-|")
    for name in NETWORKS:
        network = load(name)
        for setting in every:
            parts = list(made(setting, network))
            rows = [_row(parts)] if what == "tables" else _scores(parts)
            for row in rows:
                print(f"| {name} | {setting.name} | {row} |", flush=True)


_HEAD = (
    "| network | set | pictures | accuracy | temperature | log-loss | error before | error after | "
    + " | ".join(f"{c:.0%}" for c in COVERAGES)
    + " |\n|"
    + "-|" * (8 + len(COVERAGES))
)


def _row(parts: list[Made]) -> str:
    evaluation = _pooled(parts)
    found = Sureness.of(evaluation, parts[0].model.certainty)
    assert found.before is not None
    temperatures = sorted(part.model.certainty.temperature or 1.0 for part in parts)
    told = f"{temperatures[0]:.2f}" + (f" to {temperatures[-1]:.2f}" if len(parts) > 1 else "")
    labels, rows = evaluation.labels, np.arange(evaluation.n)
    plain = np.concatenate(
        [part.model.certainty.as_scored(part.evaluation().probabilities) for part in parts]
    )
    truth = np.concatenate([part.setting.dataset.labels[part.test] for part in parts])
    before = -np.log(plain[rows, truth]).mean()
    after = -np.log(evaluation.probabilities[rows, labels]).mean()
    cells = [
        f"{evaluation.n:,}",
        f"{evaluation.accuracy:.3f}",
        told,
        f"{before:.3f} → {after:.3f}",
        *(f"{r.error:.3f} ({r.interval[0]:.3f} to {r.interval[1]:.3f})" for r in (found.before, found.after)),
        *(
            f"{c.held:.3f} ({c.interval[0]:.3f} to {c.interval[1]:.3f}), {c.size:.2f}{'' if c.met else ' **missed**'}"
            for c in found.coverages
        ),
    ]
    return " | ".join(cells)


def _pooled(parts: list[Made]) -> assess.Evaluation:
    order = np.argsort(np.concatenate([part.test for part in parts]))
    return assess.pool("test", [(part.evaluation(), ()) for part in parts], order)[0]


def _cumulated(p: np.ndarray) -> np.ndarray:
    """APS (Romano et al. 2020), without its lot: the probability of a class and of all likelier ones."""
    order = np.argsort(-p, axis=1, kind="stable")
    found = np.empty_like(p)
    np.put_along_axis(found, order, np.take_along_axis(p, order, 1).cumsum(axis=1), 1)
    return found


def _regular(p: np.ndarray) -> np.ndarray:
    """RAPS (Angelopoulos et al. 2021): of likelier classes, and 0.05 more for each class behind the second."""
    rank = np.argsort(np.argsort(-p, axis=1, kind="stable"), axis=1, kind="stable")
    return _cumulated(p) - p + 0.05 * np.maximum(0, rank - 1)


_SCORES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "1 - p": lambda p: 1 - p,
    "cumulated (APS)": _cumulated,
    "of likelier ones": lambda p: _cumulated(p) - p,
    "regularised (RAPS)": _regular,
}


def _scores(parts: list[Made]) -> Iterator[str]:
    for name, score in _SCORES.items():
        for factor in (0.5, 1.0, 1.5, 3.0):
            for wanted in COVERAGES:
                held, sizes = map(
                    np.concatenate, zip(*(_sets(p, score, factor, wanted) for p in parts), strict=True)
                )
                yield f"{name}, temperature × {factor:g} | {wanted} | {held.mean():.3f} | {sizes.mean():.2f}"


def _sets(
    part: Made, score: Callable[[np.ndarray], np.ndarray], factor: float, wanted: float
) -> tuple[np.ndarray, np.ndarray]:
    """(bool [N]: whether the set held the right class; int64 [N]: its classes)"""
    held_out, dataset = part.fitted.held_out, part.setting.dataset
    assert held_out is not None
    evaluation = part.evaluation()
    own = part.model.certainty.temperature or 1.0
    labels, count = dataset.labels[held_out.places], len(np.unique(dataset.groups[held_out.places]))
    there = np.sort(score(np.exp(tempered(held_out.log_p, own * factor)))[np.arange(len(labels)), labels])
    place = min(count, math.ceil((count + 1) * wanted - 1e-9))
    line = there[-(-place * len(there) // count) - 1]
    p = np.exp(tempered(np.log(np.maximum(evaluation.probabilities, 1e-30)), factor))
    sets = score(p) <= line
    sets[np.arange(len(p)), p.argmax(axis=1)] = True
    return sets[np.arange(len(p)), evaluation.labels], sets.sum(axis=1)


if __name__ == "__main__":
    main(*sys.argv[1:])

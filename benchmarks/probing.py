"""Frozen probes: what a linear head on a network's features makes of pictures that it has not seen.

Two heads a network: "top", on the features below its own classifier, and "chosen", on the cut, or all cuts together,
that cross-validates best on the training pictures. Both are the heads that `headstart train` solves.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.backbone import Backbone
from headstart.data.split import folds, sample
from headstart.extraction import Features, extract
from headstart.heads import head
from headstart.heads.probe import cross_validate, fit, penalties
from headstart.intervals import paired
from headstart.runtime import Execution, Trunk, resolve
from settings import Setting

SAMPLE = 2_000  # pictures on which the cut is chosen


@dataclass(frozen=True)
class Result:
    """correct: bool [tested], picture by picture; cuts: what was chosen, one entry a part."""

    correct: np.ndarray
    cuts: tuple[str, ...]

    @property
    def accuracy(self) -> float:
        return float(self.correct.mean())

    def against(self, other: Result, setting: Setting) -> tuple[float, float]:
        """(lead, its paired standard error) in accuracy; groups count as one draw."""
        return paired(self.correct, other.correct, setting.dataset.groups[setting.tested])


def probe(setting: Setting, backbone: Backbone, which: str, *, random: bool = False) -> Result:
    """The head "top" or "chosen" on `setting`; with `random` over the same architecture's random copy.

    "ridge" is as "chosen" with ridge regression for a head: quicker, for comparing many networks.
    """
    dataset, correct, cuts = setting.dataset, [], []
    for train, test in setting.parts:
        fitted, held = (_features(setting, backbone, train, index, random=random) for index in (train, test))
        cut, l2 = ((backbone.top.name,), 0.0) if which == "top" else best(fitted, setting, train, backbone)
        solve = _ridge if which == "ridge" else _logistic
        correct.append(
            solve(setting, train, joined(fitted, cut), joined(held, cut), l2) == dataset.labels[test]
        )
        cuts.append("all cuts" if len(cut) > 1 else cut[0])
    return Result(np.concatenate(correct), tuple(cuts))


def _logistic(setting: Setting, train: np.ndarray, x: np.ndarray, held: np.ndarray, _: float) -> np.ndarray:
    dataset = setting.dataset
    # Without widths: cuts side by side weigh as they did when the frontier was measured.
    solved = head.solve(x, dataset.labels[train], len(dataset.classes), groups=dataset.groups[train])
    return solved.head.logits(held).argmax(1)


def _ridge(setting: Setting, train: np.ndarray, x: np.ndarray, held: np.ndarray, l2: float) -> np.ndarray:
    dataset = setting.dataset
    return fit(x, dataset.labels[train], len(dataset.classes), l2).predict(held)


def _features(
    setting: Setting, backbone: Backbone, train: np.ndarray, index: np.ndarray, *, random: bool
) -> Features:
    """Of the pictures at `index`, by the network or by its random copy."""
    if random:
        return extract(setting.dataset, index, backbone, draw=0)
    return extract(setting.dataset, index, backbone)


def best(
    features: Features, setting: Setting, train: np.ndarray, backbone: Backbone
) -> tuple[Sequence[str], float]:
    """(cuts, penalty): the cut, or all of them, whose ridge probe cross-validates best on the training pictures."""
    labels, groups = setting.dataset.labels[train], setting.dataset.groups[train]
    part = sample(labels, SAMPLE, 0)
    fold = folds(labels[part], groups[part], 5, 0)
    names = [(stage.name,) for stage in backbone.stages] + [backbone.stage_names]
    tried = [
        cross_validate(
            joined(features.take(part), cut),
            labels[part],
            len(setting.dataset.classes),
            fold,
            penalties(labels[part], groups[part]),
        )
        for cut in names
    ]
    place = int(np.argmax([found.accuracy for found in tried]))
    return names[place], tried[place].l2


def joined(features: Features, cuts: Sequence[str]) -> np.ndarray:
    return np.concatenate([features.x[cut] for cut in cuts], axis=1)


def speed(backbone: Backbone, precision: str, *, seconds: float = 2.0) -> float:
    """Pictures a second through the frozen network alone, all cuts pooled, as `headstart plan` runs it.

    precision: "f32" or "bf16". Two requests in flight on all cores; decoding is not in it.
    """
    from headstart.runtime.convert import convert

    model = convert(Trunk(backbone, backbone.stages, "avgstd", True))
    import openvino  # after convert(), which has switched its reporting off

    size = backbone.preprocess.size
    batch = resolve(Execution(runtime="openvino")).batch_of(size)
    model.reshape([batch, 3, size, size])
    options = {
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": "2",
        "INFERENCE_NUM_THREADS": os.cpu_count() or 1,
        "ENABLE_CPU_PINNING": False,
    }
    queue = openvino.AsyncInferQueue(openvino.Core().compile_model(model, "CPU", options), 2)
    x = np.random.default_rng(0).normal(size=(batch, 3, size, size)).astype(np.float32)
    for _ in range(4):
        queue.start_async({0: x})
    queue.wait_all()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        queue.start_async({0: x})
        done += batch
    queue.wait_all()
    return done / (time.perf_counter() - began)

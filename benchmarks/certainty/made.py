"""Frozen classifiers of four data sets as `headstart train --case 1` makes them, and what they say of pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import headstart
from headstart import assess, model
from headstart.backbone import Backbone
from headstart.data.dataset import Partition
from headstart.planning import cases
from headstart.training.fit import Fitted, fit
from settings import NAMES, Setting, settings

NETWORKS = ("lite0", "small")
FEW, TESTED = 2_000, 2_000  # training and test pictures of the larger sets


@dataclass(frozen=True)
class Made:
    """A classifier of one part of a setting, and the pictures that it has not seen."""

    setting: Setting
    fitted: Fitted
    model: model.Model
    train: np.ndarray
    test: np.ndarray

    def evaluation(self) -> assess.Evaluation:
        """It on these pictures."""
        nothing = np.empty(0, np.int64)
        partition = Partition(self.train, nothing, self.test, "test")
        return assess.on_report(self.model, self.setting.dataset, partition)


def all_settings(data: str) -> list[Setting]:
    """The four sets, divided as in benchmarks/settings.py."""
    return list(settings(Path(data), NAMES, few=FEW, tested=TESTED))


def made(setting: Setting, network: Backbone, *, parts: int | None = None) -> Iterator[Made]:
    """A classifier of each part, or of the first `parts`."""
    plan = cases.make(1, network, n=len(setting.parts[0][0]))
    for train, test in setting.parts[:parts]:
        partition = Partition(train, np.empty(0, np.int64), test, "test")
        fitted = fit(plan, network, setting.dataset, partition)
        yield Made(setting, fitted, model.remember(fitted, setting.dataset, partition), train, test)


def load(name: str) -> Backbone:
    """A network in the box."""
    return headstart.load_backbone(name)

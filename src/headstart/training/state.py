"""State: what a training has come to, beside the weights and moments that its learner holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from headstart.training.epoch import Epoch


@dataclass
class AtHand:
    """The epoch at hand: steps made, the sum of the losses over the `seen` pictures, seconds; its pictures' side in
    pixels, and the rate of the last step."""

    step: int = 0
    losses: float = 0.0
    seen: int = 0
    seconds: float = 0.0
    size: int = 0
    lr: float = 0.0


@dataclass(frozen=True)
class Best:
    """The epoch after which most selection pictures were right, and the weights of that moment, on the CPU."""

    accuracy: float
    epoch: int
    weights: Mapping[str, torch.Tensor]


@dataclass
class State:
    """Where a training stands.

    steps_per_epoch  of a whole one
    steps            of the whole schedule; the last epoch may be shorter
    at               the epoch at hand
    history          the epochs before it
    threads          that torch computes in; 0 where they are not chosen yet
    best             None where no epoch was scored, or the recipe has no patience
    """

    steps_per_epoch: int
    steps: int
    at: AtHand = field(default_factory=AtHand)
    history: list[Epoch] = field(default_factory=list)
    threads: int = 0
    best: Best | None = None

    @property
    def done(self) -> int:
        """Steps made."""
        return len(self.history) * self.steps_per_epoch + self.at.step

    @property
    def epochs(self) -> int:
        """Those of the schedule."""
        return -(-self.steps // self.steps_per_epoch)

    @property
    def last(self) -> bool:
        """Whether the schedule's last step is made."""
        return self.done >= self.steps

    def to_dict(self) -> dict[str, Any]:
        """For a checkpoint: all but the best weights, which lie there as tensors."""
        return {
            "steps": self.steps,
            "at": asdict(self.at),
            "threads": self.threads,
            "history": [epoch.to_dict() for epoch in self.history],
            "best": self.best and (self.best.accuracy, self.best.epoch),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any], steps_per_epoch: int, best: Mapping[str, torch.Tensor]) -> State:
        """What to_dict() gave; best: the best weights."""
        return State(
            steps_per_epoch,
            values["steps"],
            AtHand(**values["at"]),
            [Epoch.from_dict(record) for record in values["history"]],
            values["threads"],
            Best(values["best"][0], values["best"][1], best) if values["best"] else None,
        )

"""Certainty: all that a bundle knows of how sure its answers are; every number from held-out training pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.certainty import kept, temperature
from headstart.certainty.conformal import Sets
from headstart.certainty.familiar import Familiar
from headstart.certainty.temperature import HIGHEST, LOWEST
from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import log_softmax


@dataclass(frozen=True)
class Certainty:
    """What too few held-out pictures cannot tell is None; so is everything in older bundles.

    temperature  what the head's scores are divided by before they become probabilities
    sets         how many classes it takes to hold the right one as often as is wanted
    familiar     how like the training pictures a picture must be to be one of their classes
    """

    temperature: float | None = None
    sets: Sets | None = None
    familiar: Familiar | None = None

    @staticmethod
    def of(held_out: HeldOut | None, labels: np.ndarray, groups: np.ndarray) -> Certainty:
        """Temperature and sets by held-out pictures; labels, groups int64 [N] of all that held_out.places speaks of."""
        if held_out is None:
            return Certainty()
        labels, groups = labels[held_out.places], groups[held_out.places]
        found = temperature.fitted(held_out, labels, groups)
        if found is None:
            return Certainty()
        found = round(found, 4)
        log_p = temperature.tempered(held_out.log_p, found)
        return Certainty(found, Sets.of(np.exp(log_p), labels, groups))

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """float32 [N, C], rows sum to 1, of the head's logits [N, C]."""
        return np.exp(temperature.tempered(log_softmax(logits), self.temperature or 1.0))

    def as_scored(self, probabilities: np.ndarray) -> np.ndarray:
        """float [N, C]: probabilities() undone to what the head itself says, before the temperature."""
        if self.temperature is None:
            return probabilities
        log_p = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
        return np.exp(log_softmax(log_p * np.float32(self.temperature)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `headstart.json` has them."""
        return {
            "temperature": self.temperature,
            "sets": self.sets and self.sets.to_dict(),
            "familiar": self.familiar and self.familiar.to_dict(),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Certainty:
        """Raises KeyError, TypeError or ValueError for what to_dict() cannot have written."""
        found, sets, familiar = values["temperature"], values["sets"], values["familiar"]
        return Certainty(
            None if found is None else kept.number(values, "temperature", LOWEST, HIGHEST),
            None if sets is None else Sets.from_dict(sets),
            None if familiar is None else Familiar.from_dict(familiar),
        )

"""Epoch: what one pass over the training pictures came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One pass over the training pictures, and the scoring after it.

    phase               name of the training; "" where only one is meant
    epochs              how many the schedule had when this one ended; 0 where that is not told
    epoch               its number, from 1
    train_loss          mean over the pictures that it saw, changed at random as they were
    lr                  rate of its last step, for rows of scale 1
    size                side of its pictures in pixels
    precision           "fp32" or "bf16"
    threads             those that torch computed in
    steps               batches; a time limit may end the last epoch early
    selection_accuracy  after it, in [0, 1]; None without selection pictures
    selection_loss      after it, the mean cross-entropy of the selection pictures; None where selection_accuracy is
    train_accuracy      after it, on training pictures as they are, as many as there are selection pictures; None where
                        selection_accuracy is
    seconds             of its steps and of scoring
    """

    phase: str = ""
    epochs: int = 0
    epoch: int
    train_loss: float
    lr: float
    size: int
    precision: str
    threads: int
    steps: int
    selection_accuracy: float | None = None
    selection_loss: float | None = None
    train_accuracy: float | None = None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As a line of metrics.jsonl, a bundle and a checkpoint hold it; what is not told is left out."""
        values = ((field, getattr(self, field.name)) for field in fields(self))
        return {field.name: value for field, value in values if value != field.default}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Epoch:
        """What to_dict() gave. Raises TypeError where a value is lacking or unknown."""
        return Epoch(**values)

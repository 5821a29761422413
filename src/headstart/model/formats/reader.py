"""How an export is read for its check: by the tool that it is for, fed with the same pixels as the bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.data.preprocess import Preprocess
from headstart.heads.logistic import log_softmax
from headstart.model.model import Model
from headstart.runtime import Execution

ON_CPU = Execution(device="cpu", precision="fp32")


@dataclass(frozen=True)
class Outputs:
    """What an export says of N pictures: probabilities float32 [N, C]; features [N, D], logits [N, C], before the
    temperature, and answers int64 [N], the places of the classes, where it puts these out."""

    probabilities: np.ndarray
    features: np.ndarray | None = None
    logits: np.ndarray | None = None
    answers: np.ndarray | None = None


@dataclass(frozen=True)
class Reader:
    """frames: Outputs of prepared pixels, uint8 [N, S, S, 3]; pictures: of whole pictures of one size, uint8
    [N, H, W, 3], None where the export does not prepare them; tool: what reads it; rounded: by which a probability may
    differ where weights are rounded in the export, 0 where scores must agree; close: ends what reads;
    enough: generated pictures that its check takes."""

    frames: Callable[[np.ndarray], Outputs]
    pictures: Callable[[np.ndarray], Outputs] | None
    tool: str
    rounded: float = 0.0
    close: Callable[[], None] = lambda: None
    enough: int = 64


@dataclass(frozen=True)
class Unread:
    """why: in a sentence, why nothing on this machine can read the export."""

    why: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the check's file has them."""
        return {"tool": None, "why": self.why}


def padded(frames: np.ndarray, preprocess: Preprocess) -> np.ndarray:
    """Pictures uint8 [N, R, R, 3] that preparation makes these frames [N, S, S, 3] of: it scales to R, which they are,
    and crops the margin away again."""
    before = round((preprocess.resize - preprocess.size) / 2)
    after = preprocess.resize - preprocess.size - before
    return np.pad(frames, ((0, 0), (before, after), (before, after), (0, 0)))


def said(model: Model, seen: np.ndarray, execution: Execution = ON_CPU) -> Outputs:
    """What a model itself says of prepared pixels, uint8 [N, S, S, 3]."""
    runtime = model.runtime(execution)
    features = np.concatenate(next(iter(runtime.stream([seen]))), axis=1)
    found = model.answers_to(features).probabilities
    answers = model.decision.decide(found) if model.decision else found.argmax(axis=1)
    return Outputs(found, features, model.head.logits(features), answers)


def of_logits(tempered: np.ndarray, model: Model) -> Outputs:
    """Outputs of an export whose scores float32 [N, C] are divided by the model's temperature already."""
    return Outputs(
        np.exp(log_softmax(tempered)), logits=tempered * np.float32(model.certainty.temperature or 1)
    )

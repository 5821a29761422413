"""Subject: a model that is asked about pictures again and again, each time with something changed in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.backbone.backbone import EPSILON, Stage
from headstart.data.given import Given
from headstart.data.loader import frames
from headstart.extraction.maps import in_places
from headstart.model import Model
from headstart.model.answers import Answers
from headstart.planning.inputs import execution_of
from headstart.runtime import Execution, Resolved
from headstart.runtime.openvino import OpenVINORuntime
from headstart.runtime.tails import Tail, rooted

if TYPE_CHECKING:
    from headstart.training.surgery import HeadedNetwork


class Subject:
    """A model ready to be asked. Pictures go in as frames: uint8 [N, S, S, 3], prepared as the network sees them."""

    def __init__(self, model: Model, execution: Execution | Resolved | None = None) -> None:
        self.model = model
        self.how = execution_of(model.plan, execution)

    @property
    def cuts(self) -> tuple[Stage, ...]:
        return self.model.cuts

    def frames(self, pictures: Sequence[str | Given], truncated: str = "refuse") -> np.ndarray:
        """What the network sees of the pictures, uint8 [N, S, S, 3]. Raises PictureError that names the picture."""
        prepared = self.model.backbone.preprocess
        ready = frames(pictures, prepared, workers=self.how.workers, truncated=truncated)
        empty = np.empty((0, prepared.size, prepared.size, 3), np.uint8)
        return np.concatenate([empty, *(batch for _, batch in ready)])

    @cached_property
    def _rooted(self) -> tuple[Any, tuple[Tail | None, ...]]:
        runtime = self.model.runtime(self.how, maps=True)
        if isinstance(runtime, OpenVINORuntime):
            return rooted(runtime, [cut.spatial for cut in self.cuts])
        return runtime, (None,) * len(self.cuts)

    @cached_property
    def network(self) -> HeadedNetwork:
        """The whole of it for torch, made once. Raises BundleError where torch cannot make it."""
        return self.model.network()

    @property
    def tails(self) -> tuple[Tail | None, ...]:
        """Of each cut, what lies between its vector and the map below; None for maps, and where that is not known."""
        return self._rooted[1]

    @property
    def traced(self) -> bool:
        """Whether all that the head reads is known place by place."""
        return all(cut.spatial or tail for cut, tail in zip(self.cuts, self.tails, strict=True))

    def maps(self, frames: np.ndarray) -> tuple[np.ndarray, ...]:
        """The last map of each of the head's cuts, float32 [N, C, H, W]: the cut's own, or the one below its vector."""
        parts = list(self._maps(frames))
        return tuple(np.concatenate(cut) for cut in zip(*parts, strict=True))

    def _maps(self, frames: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        runtime, tails = self._rooted
        for found in runtime.stream(self._batches(frames)):
            yield tuple(
                x if tail else in_places(x, cut) for x, cut, tail in zip(found, self.cuts, tails, strict=True)
            )

    def _batches(self, frames: np.ndarray) -> Iterator[np.ndarray]:
        size = self.how.batch_of(self.model.backbone.preprocess.size)
        for start in range(0, len(frames), size):
            yield frames[start : start + size]

    def pooled(self, maps: Sequence[np.ndarray]) -> np.ndarray:
        """What the head reads of them, float32 [N, D]."""
        rows = [self._pooled(*row) for row in zip(maps, self.cuts, self.tails, strict=True)]
        return np.concatenate(rows, axis=1)

    def _pooled(self, x: np.ndarray, cut: Stage, tail: Tail | None) -> np.ndarray:
        if tail:
            return tail.forward(x)
        mean = x.mean((2, 3))
        if cut.width(self.model.plan.pool) == x.shape[1]:
            return mean
        return np.concatenate([mean, np.sqrt(x.var((2, 3)) + np.float32(EPSILON))], axis=1)

    def probabilities(self, frames: np.ndarray) -> np.ndarray:
        """float32 [N, C], from the network that puts out maps: one network is made ready, not two."""
        return np.concatenate([self.named(self.pooled(maps)) for maps in self._maps(frames)])

    def out_of_place(self, answers: Answers) -> list[bool | None]:
        """Of each of N pictures, by the model's answers to them, whether it is unlike all training pictures."""
        found, familiar = answers.similarity, self.model.certainty.familiar
        if found is None or familiar is None:
            return [None] * len(answers.probabilities)
        return familiar.out_of_place(found).tolist()

    def named(self, features: np.ndarray) -> np.ndarray:
        """Probabilities float32 [N, C] of features at the head's input."""
        return self.model.certainty.probabilities(self.model.head.logits(features))

    @property
    def grey(self) -> np.ndarray:
        """What stands for nothing: the mean of the pictures that the weights have learnt from, uint8 [3]."""
        return np.round(255 * np.array(self.model.backbone.preprocess.mean)).astype(np.uint8)

"""Feature maps of frames at every stage, in one layout, whatever runs the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from headstart.backbone import Backbone, Stage
from headstart.extraction.maps import in_places, square, unpooled
from headstart.runtime import Execution, Resolved, Runtime, Trunk, resolve, start

_BYTES = 48 << 20  # of maps that one batch may fill


@dataclass(frozen=True)
class FeatureMaps:
    """A network whose `stages` put out what stands at every place."""

    backbone: Backbone
    stages: tuple[Stage, ...]
    runtime: Runtime
    how: Resolved

    @staticmethod
    def through(trunk: Trunk, execution: Execution | Resolved = Execution()) -> FeatureMaps:  # noqa: B008 - frozen
        """Of the trunk's stages, whatever its pooling. Raises BackboneError."""
        how = resolve(execution)
        return FeatureMaps(trunk.backbone, tuple(trunk.stages), start(unpooled(trunk), how), how)

    @property
    def size(self) -> int:
        """Side of a frame, in pixels."""
        return self.backbone.preprocess.size

    @property
    def batch(self) -> int:
        """Frames that run together: as many as suit, but no more than maps have room for."""
        each = sum(4 * stage.channels * self._places(stage) for stage in self.stages)
        return max(1, min(self.how.batch_of(self.size), _BYTES // each))

    def _places(self, stage: Stage) -> int:
        return (self.size // stage.reduction) ** 2 if stage.reduction else 1

    def of(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """uint8 [B, S, S, 3] batches → per batch, of each stage, float32 [B, C, H, W]; vectors have one place."""
        for outputs in self.runtime.stream(batches):
            yield tuple(
                laid_out(in_places(x, stage), stage) for x, stage in zip(outputs, self.stages, strict=True)
            )

    def at(self, frames: Sequence[np.ndarray] | np.ndarray) -> tuple[np.ndarray, ...]:
        """As of(), for a few frames [N, S, S, 3] at once: float32 [N, C, H, W] each."""
        parts = [np.stack(list(frames[at : at + self.batch])) for at in range(0, len(frames), self.batch)]
        return tuple(np.concatenate(rows) for rows in zip(*self.of(parts), strict=True))


def laid_out(x: np.ndarray, stage: Stage) -> np.ndarray:
    """Tokens [B, C, 1, L] → [B, C, h, h]: the tokens before the square of patches (class, registers) are left out.

    Anything else as it is.
    """
    return square(x)[0] if stage.layout == "NLC" else x

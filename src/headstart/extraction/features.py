"""Features: what a frozen backbone says of each picture, pooled, at every cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headstart import cache


@dataclass(frozen=True)
class Features:
    """Pooled features of N pictures.

    x       cut name → float32 [N, D_k]; for spatial cuts the C means and then the C standard deviations
            over places (D_k = 2 C), for vectors the vector itself (D_k = C)
    logits  float32 [N, S] of the source head, or None where the network has none
    """

    x: Mapping[str, np.ndarray]
    logits: np.ndarray | None

    def __len__(self) -> int:
        return len(next(iter(self.x.values())))

    def at(self, cuts: Sequence[str], pool: str, channels: Mapping[str, int]) -> np.ndarray:
        """float32 [N, D]: the named cuts side by side. `pool` "avg" keeps only the `channels` means of each."""
        columns = [self.x[cut] if pool == "avgstd" else self.x[cut][:, : channels[cut]] for cut in cuts]
        if len(columns) == 1:
            return columns[0]
        out = cache.scratch((len(self), sum(column.shape[1] for column in columns)), np.float32)
        return np.concatenate(columns, axis=1, out=out)

    def take(self, index: np.ndarray) -> Features:
        """The rows at `index`."""
        rows = {cut: values[index] for cut, values in self.x.items()}
        return Features(rows, None if self.logits is None else self.logits[index])

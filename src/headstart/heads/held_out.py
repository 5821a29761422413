"""HeldOut: what heads say of pictures that they have not learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HeldOut:
    """M of N pictures, each named by a head that learnt from others: no picture of its group was among these.

    places  int64 [M], rising: which of the N pictures
    log_p   float32 [M, C]: natural logarithms of the probabilities, of a relative precision of 1e-3; scores lie as far
            apart as those of the head of all N pictures, which is surer than the heads of fewer
    """

    places: np.ndarray
    log_p: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    def of(self, index: np.ndarray) -> HeldOut:
        """The same with the places that the N pictures have elsewhere: index int64 [N], rising."""
        return HeldOut(index[self.places], self.log_p)

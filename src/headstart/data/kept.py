"""Frames: pictures made ready for a network while they are looked at, so that none is decoded twice."""

from __future__ import annotations

import threading

import numpy as np
from PIL import Image

from headstart.data.depth import is_deep
from headstart.data.preprocess import Preprocess

LIMIT = 128 << 20  # bytes: 850 pictures of 224 px, 10,000 of 64 px
_LONGEST = 4  # times the shorter side: what is longer takes memory that a look has no need of


class Frames:
    """What Preprocess.frame() makes of the pictures that are looked at, by content, as many as `limit` bytes hold.

    Each is equal, bit by bit, to what a second decoding would give. Left out are pictures for which that is not known
    yet: deep greys, whose levels are the data set's; large ones, of which a network's JPEG is decoded at a part of its
    sides; those whose end is missing. Several threads may use it at once.
    """

    def __init__(self, preprocess: Preprocess, limit: int = LIMIT) -> None:
        self.preprocess, self.limit = preprocess, limit
        self._held: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def note(self, digest: str, image: Image.Image) -> None:
        """Keeps the frame of the picture of that content, decoded whole, where it can be kept and there is room."""
        bytes_of_each = 3 * self.preprocess.size**2
        if (len(self._held) + 1) * bytes_of_each > self.limit or not self._serves(image):
            return
        frame = self.preprocess.frame(image)
        with self._lock:
            self._held[digest] = frame

    def get(self, digest: str, preprocess: Preprocess) -> np.ndarray | None:
        """uint8 [S, S, 3] as `preprocess` makes it; None where there is none."""
        return self._held.get(digest) if _shape(preprocess) == _shape(self.preprocess) else None

    def clear(self) -> None:
        """Gives the memory back."""
        with self._lock:
            self._held.clear()

    def _serves(self, image: Image.Image) -> bool:
        short, long = min(image.size), max(image.size)
        small = self.preprocess.interpolation == "nearest" or short < 4 * self.preprocess.resize
        return small and long <= _LONGEST * short and not is_deep(image)


def _shape(preprocess: Preprocess) -> tuple[int, int, str]:
    return preprocess.size, preprocess.resize, preprocess.interpolation

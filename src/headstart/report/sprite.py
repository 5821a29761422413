"""Sprite: many small pictures as one, which a page shows parts of."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image, features

from headstart.report.thumbnails import uri

_PIXELS = 5_000_000  # in all: about 1 MB
_LARGEST, _SMALLEST = 64, 24


@dataclass(frozen=True)
class Sprite:
    """source: a data URI of tiles of `side` pixels, row by row, `columns` in a row."""

    source: str
    side: int
    columns: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.side * self.columns

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Sprite:
        """What to_dict() gave. Raises TypeError where it is another."""
        return Sprite(**values)


def side_of(n: int) -> int:
    """Of n tiles, in pixels."""
    return max(_SMALLEST, min(_LARGEST, int(math.sqrt(_PIXELS / max(n, 1)))))


def sprite(tiles: np.ndarray) -> Sprite:
    """Of uint8 [N, S, S, 3]."""
    n, side = tiles.shape[:2]
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    sheet = np.zeros((rows * columns, side, side, 3), np.uint8)
    sheet[:n] = tiles
    whole = sheet.reshape(rows, columns, side, side, 3).swapaxes(1, 2).reshape(rows * side, columns * side, 3)
    out = io.BytesIO()
    kind = "webp" if features.check("webp") else "jpeg"
    Image.fromarray(whole).save(out, kind, quality=55, **({"method": 1} if kind == "webp" else {}))
    return Sprite(uri(out.getvalue(), kind), side, columns)

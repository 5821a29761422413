"""Blob: a page's numbers as one text: 32-bit ones, then those of half precision, then those of 8 bits.

Their bytes are shuffled, deflated and written in base64. Shuffled: the first bytes of all numbers of a section, then
the second ones. A number's sign and exponent are much like its neighbour's, its fraction is not (HDF5's shuffle
filter does the same).
"""

from __future__ import annotations

import base64
import zlib

import numpy as np

Place = tuple[str, int, int]  # which section, from which of its numbers on, how many

_SECTIONS = {"f": np.float32, "h": np.float16, "e": np.int8}
_KINDS = {np.int8: "e", np.float16: "h"}
FEW, MANY = 5_000, 100_000
_NAMES = {"f": "floats", "h": "halves", "e": "eights"}


class Blob:
    """What was added so far; engine.js reads it by the places that add() gave."""

    def __init__(self) -> None:
        self._parts: dict[str, list[np.ndarray]] = {kind: [] for kind in _SECTIONS}

    def add(self, numbers: np.ndarray, *, exact: bool = False) -> Place:
        """int8 and float16 stay as they are; of float32 what has two axes or more goes to half precision.

        What half precision cannot hold (above 65,504) stays in 32 bits, and so does what has up to FEW numbers: the
        smallest layers, whose rounding is felt most (docs/decisions/0089). exact: what has up to MANY.
        """
        plain = numbers.ndim < 2 or not _fits(numbers) or numbers.size <= (MANY if exact else FEW)
        kind = _KINDS.get(numbers.dtype.type) or ("f" if plain else "h")
        before = self._count(kind)
        self._parts[kind].append(numbers.astype(_SECTIONS[kind]).ravel())
        return kind, before, numbers.size

    def _count(self, kind: str) -> int:
        return sum(part.size for part in self._parts[kind])

    def sections(self) -> dict[str, int]:
        """How many numbers each section has."""
        if self._count("h") % 2:  # sections begin where their numbers may
            self._parts["h"].append(np.zeros(1, np.float16))
        return {name: self._count(kind) for kind, name in _NAMES.items()}

    def text(self) -> str:
        """ASCII."""
        self.sections()
        shuffled = b"".join(_shuffled(self._parts[kind], kind) for kind in _SECTIONS)
        return base64.b64encode(zlib.compress(shuffled, 9)).decode("ascii")


def _shuffled(parts: list[np.ndarray], kind: str) -> bytes:
    """Of one section; the lowest byte of each number comes first."""
    little = np.dtype(_SECTIONS[kind]).newbyteorder("<")
    numbers = np.concatenate([*parts, np.zeros(0, little)]).astype(little)
    return numbers.view(np.uint8).reshape(-1, little.itemsize).T.tobytes()


def _fits(numbers: np.ndarray) -> bool:
    return bool(np.abs(numbers).max(initial=0) <= np.finfo(np.float16).max)

"""The exam of a map: take its places away, the strongest first, and see whether the answer goes with them.

Deletion and insertion (Petsiuk, Das & Saenko 2018, "RISE"): the class's probability while ever more of the picture is
grey, or ever more of it stands out of a blur, and the mean of that curve. A map that tells nothing about this picture
has a mean too: that of the centre prior, by which what is in the middle matters most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Asks a network about frames uint8 [N, S, S, 3]: probabilities float32 [N, C].
Ask = Callable[[np.ndarray], np.ndarray]
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8)  # of the cells, that are taken away
FEW = (0.06, 0.15, 0.35)  # where each picture's map is looked at by itself
_BLUR = 8  # a blurred picture is its mean over squares so many to a side, between them by straight lines


@dataclass(frozen=True)
class Deletion:
    """The mean of the class's probability, 0 to 1, while the map's strongest places are taken away, and while those
    nearest the middle are. The lower, the more the answer hung on them."""

    map: float
    centre: float

    @property
    def trusted(self) -> bool:
        """Whether the map knows more of what matters than that the middle does, by a tenth of a point at least: what
        is shown."""
        return round(self.map, 3) < round(self.centre, 3)

    def to_dict(self) -> dict[str, Any]:
        return {"deletion": round(self.map, 4), "centre": round(self.centre, 4), "trusted": self.trusted}


def centre(side: int) -> np.ndarray:
    """The map that knows only where the middle is, float32 [side, side]."""
    away = np.arange(side) - (side - 1) / 2
    return -(away[:, None] ** 2 + away**2).astype(np.float32)


def deletion(
    ask: Ask,
    frames: np.ndarray,
    maps: np.ndarray,
    classes: np.ndarray,
    *,
    grey: np.ndarray,
    shares: Sequence[float] = SHARES,
    whole: np.ndarray | None = None,
) -> np.ndarray:
    """float32 [N]: the mean probability of `classes`, int64 [N], while the strongest cells of maps [N, g, g] are made
    grey, uint8 [3], in frames uint8 [N, S, S, 3]; from nothing to all of them. whole: float32 [N, C], the probabilities
    of the frames as they are, where they are known."""
    flat = np.broadcast_to(grey, frames.shape)
    whole = ask(frames) if whole is None else whole
    none = np.repeat(ask(np.ascontiguousarray(flat[:1])), len(frames), axis=0)
    return _curve_mean(ask, frames, flat, maps, classes, shares, (whole, none))


def insertion(
    ask: Ask,
    frames: np.ndarray,
    maps: np.ndarray,
    classes: np.ndarray,
    *,
    shares: Sequence[float] = SHARES,
) -> np.ndarray:
    """float32 [N]: as deletion(), while the strongest cells are put into a blurred picture: the higher, the better."""
    start = blurred(frames)
    return _curve_mean(ask, start, frames, maps, classes, shares, (ask(start), ask(frames)))


def _curve_mean(
    ask: Ask,
    start: np.ndarray,
    end: np.ndarray,
    maps: np.ndarray,
    classes: np.ndarray,
    shares: Sequence[float],
    ends: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    n = len(start)
    rows, at = np.arange(n), [0.0, *shares, 1.0]
    steps = [ask(mixed(start, end, strongest(maps, share))) for share in shares]
    found = np.stack([ends[0], *steps, ends[1]])[:, rows, classes]
    widths = np.diff(at)[:, None]
    return ((found[1:] + found[:-1]) / 2 * widths).sum(0).astype(np.float32)


def strongest(maps: np.ndarray, share: float) -> np.ndarray:
    """bool [N, g, g]: the share of each map's cells that are the strongest; the first of equals."""
    n, side = len(maps), maps.shape[1]
    order = np.argsort(-maps.reshape(n, -1), axis=1, kind="stable")
    chosen = np.zeros((n, side * side), bool)
    np.put_along_axis(chosen, order[:, : max(1, round(share * side * side))], True, axis=1)
    return chosen.reshape(n, side, side)


def mixed(start: np.ndarray, end: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """`start` with the chosen cells, bool [N, g, g], of `end`; both uint8 [N, S, S, 3]."""
    size, side = start.shape[1], chosen.shape[1]
    cell = np.arange(size) * side // size
    return np.where(chosen[:, cell][:, :, cell, None], end, start)


def blurred(frames: np.ndarray) -> np.ndarray:
    """Frames with nothing fine left in them."""
    from PIL import Image

    size = frames.shape[1]
    small = [Image.fromarray(frame).resize((_BLUR, _BLUR), Image.Resampling.BOX) for frame in frames]
    return np.stack([np.asarray(one.resize((size, size), Image.Resampling.BILINEAR)) for one in small])


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's, float32 [N], of maps [N, g, g] with others: 1 where both order their places alike."""
    ranks = [x.reshape(len(x), -1).argsort(1).argsort(1).astype(np.float64) for x in (a, b)]
    ranks = [r - r.mean(1, keepdims=True) for r in ranks]
    return ((ranks[0] * ranks[1]).sum(1) / (ranks[0] ** 2).sum(1)).astype(np.float32)

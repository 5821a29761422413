"""Receptive fields, measured: which pixels a unit's answer at one place depends on.

One side of a frame is replaced by another frame's, and it is looked at which places answer otherwise. The edge moves
pixel by pixel over the stride of the deepest stage. Since a network is the same at every place, every distance between
an edge and a place occurs then. Nothing of the layers has to be known: any network that runs can be asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from headstart.backbone.noise import natural
from headstart.seeing.feature_maps import FeatureMaps

_SAME = 1e-5  # a change below this share of the stage's greatest value is rounding
_TAIL = 0.1  # of the squared change: what lies outside a core on one side makes less


@dataclass(frozen=True)
class Field:
    """A stage's receptive field, along either side of the picture, in pixels of a frame.

    stride     from one place to the next; 0 where the stage has no places
    offset     of the first place's field: that of place j begins at offset + j × stride; the picture clips it
    size       its length
    whole      every place hears of all of the picture, as far as the frame lets see; offset and size are then 0
    core_offset, core_size   the part that weighs most: what lies beyond it makes less than a tenth of the squared
               change on either side (Luo et al. 2016, "effective receptive field")
    """

    stride: int
    offset: int
    size: int
    whole: bool
    core_offset: int
    core_size: int

    def span(self, place: int, side: int, *, core: bool = False) -> tuple[int, int]:
        """(first, behind the last) pixel of what the place sees, in a frame of `side` pixels."""
        offset, size = (self.core_offset, self.core_size) if core else (self.offset, self.size)
        if not self.stride or (self.whole and not core):
            return 0, side
        start = offset + place * self.stride
        return min(max(start, 0), side - 1), max(min(start + size, side), 1)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Field:
        return Field(**values)


EVERYTHING = Field(0, 0, 0, True, 0, 0)


def fields(network: FeatureMaps) -> dict[str, Field]:
    """Stage → its receptive field. Takes two frames of noise for each pixel of the deepest stage's stride."""
    size, frames = network.size, _noise(network.size)
    ends = network.at(frames)
    strides = [stride(size, x.shape[3]) if x.shape[3] > 1 else 0 for x in ends]
    edges = size // 2 - max(strides) // 2 + np.arange(max(strides))
    across, down = (_profiles(network, frames, ends, edges, strides, axis) for axis in (0, 1))
    return {
        stage.name: _field(step, (across[place], down[place])) if step else EVERYTHING
        for place, (stage, step) in enumerate(zip(network.stages, strides, strict=True))
    }


def stride(size: int, side: int) -> int:
    """Pixels from one place to the next, where a frame of `size` pixels has a map of `side` places.

    A power of two where halving, rounded up or down, leads there; else the quotient, or the power of two next to it.
    """
    near = round(math.log2(size / side))
    for power in (near, near + 1, near - 1):
        if power >= 0 and side in (size >> power, -(-size >> power)):
            return 1 << power
    return size // side if size % side == 0 else 1 << near


def _noise(size: int) -> np.ndarray:
    """Two frames, uint8 [2, S, S, 3], that have nothing in common."""
    return np.rint(255 * natural(size, 2).transpose(0, 2, 3, 1)).astype(np.uint8)


@dataclass(frozen=True)
class _Profile:
    """What replacing one side of a frame changes at a place, by the distance from the place to the edge.

    distance  int64 [D], ascending: of the edge from the first pixel of the place's stride
    before    bool [D]: something changes where all that lies before the edge is replaced; behind: all from it on
    share_before, share_behind  float64 [D]: the squared change, of that which replacing everything makes
    """

    distance: np.ndarray
    before: np.ndarray
    behind: np.ndarray
    share_before: np.ndarray
    share_behind: np.ndarray


def _profiles(
    network: FeatureMaps,
    frames: np.ndarray,
    ends: Sequence[np.ndarray],
    edges: np.ndarray,
    strides: Sequence[int],
    axis: int,
) -> list[_Profile | None]:
    """Of each stage, along the columns (axis 0) or the rows; None where it has no places."""
    batches = (
        np.stack([_joined(frames, edge, axis) for edge in edges[at : at + network.batch]])
        for at in range(0, len(edges), network.batch)
    )
    rows: list[list[np.ndarray]] = [[] for _ in ends]
    for outputs in network.of(batches):
        for found, x, (one, other) in zip(rows, outputs, ends, strict=True):
            found.append(_changes(x, one, other, axis))
    return [
        _profile(np.concatenate(found), end, edges, step, axis) if step else None
        for found, end, step in zip(rows, ends, strides, strict=True)
    ]


def _joined(frames: np.ndarray, edge: int, axis: int) -> np.ndarray:
    """The first frame, with all that lies before the edge taken from the other."""
    one, other = frames
    made = one.copy()
    part = (slice(None), slice(edge)) if axis == 0 else (slice(edge),)
    made[part] = other[part]
    return made


def _along(x: np.ndarray, axis: int) -> np.ndarray:
    return x if axis == 0 else x.swapaxes(-1, -2)


def _changes(x: np.ndarray, one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
    """float64 [B, 4, W]: greatest and summed squared change from `one`, then from `other`, over channels and rows."""
    found = []
    for end in (one, other):
        change = np.abs(_along(x - end, axis)).astype(np.float64)
        found += [change.max((1, 2)), np.square(change).sum((1, 2))]
    return np.stack(found, axis=1)


def _profile(changes: np.ndarray, ends: np.ndarray, edges: np.ndarray, step: int, axis: int) -> _Profile:
    one, other = _along(ends.astype(np.float64), axis)
    whole = np.square(other - one).sum((0, 1))
    least = _SAME * np.abs(ends).max()
    distance, which = np.unique(edges[:, None] - step * np.arange(len(whole)), return_inverse=True)
    which = which.ravel()

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(which, np.broadcast_to(values, (len(edges), len(whole))).ravel())

    everything = np.maximum(summed(whole), 1e-30)
    return _Profile(
        distance,
        summed(changes[:, 0] > least) > 0,
        summed(changes[:, 2] > least) > 0,
        summed(changes[:, 1]) / everything,
        summed(changes[:, 3]) / everything,
    )


def _field(step: int, profiles: Sequence[_Profile | None]) -> Field:
    """The field that holds those along columns and rows."""
    spans = [_span(profile) for profile in profiles if profile is not None]
    cores = [_core(profile) for profile in profiles if profile is not None]
    first, last = min(core[0] for core in cores), max(core[1] for core in cores)
    seen = [span for span in spans if span is not None]
    if len(seen) < len(spans):
        return Field(step, 0, 0, True, first, last - first)
    start, end = min(span[0] for span in seen), max(span[1] for span in seen)
    first, last = max(first, start), min(last, end)
    return Field(step, start, end - start, False, first, last - first)


def _span(profile: _Profile) -> tuple[int, int] | None:
    """(first, behind the last) pixel from the place's own first; None where it is wider than the frame lets see."""
    before, behind = profile.distance[profile.before], profile.distance[profile.behind]
    if not before.size or not behind.size:
        return 0, 1
    if before[0] == profile.distance[0] or behind[-1] == profile.distance[-1]:
        return None
    return int(before[0]) - 1, int(behind[-1]) + 1


def _core(profile: _Profile) -> tuple[int, int]:
    """As _span(), of the part beyond which less than _TAIL happens on either side."""
    more_before = np.flatnonzero(profile.share_before > _TAIL)
    more_behind = np.flatnonzero(profile.share_behind > _TAIL)
    first = max(int(more_before[0]) - 1, 0) if more_before.size else 0
    last = min(int(more_behind[-1]) + 1, len(profile.distance) - 1) if more_behind.size else -1
    return int(profile.distance[first]), max(int(profile.distance[last]), int(profile.distance[first]) + 1)

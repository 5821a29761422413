"""The class-activation map, exactly: which places of a picture a class's score is the sum of.

A head of one linear layer on means over places is a sum over places (Zhou et al. 2016, "Learning deep features for
discriminative localization"). So it is on spreads, sigma = sum over p of ((x_p - mu)² + e) / (HW sigma), on several
cuts side by side, and above ReLUs, each of which lets a picture's number through or does not: gradient times activation
(HiResCAM: Draelos & Carin 2020) is then exact, and needs no gradient but this file's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.backbone.backbone import EPSILON
from headstart.explaining.grid import on_grid, squared
from headstart.explaining.subject import Subject
from headstart.heads.head import Head
from headstart.runtime.tails import Tail


@dataclass(frozen=True)
class Sums:
    """Scores of N pictures, taken apart.

    parts      of each cut, what its places say, float32 [N, h, w] at the cut's own resolution
    elsewhere  float32 [N]: the rest: biases, and what has no place
    """

    parts: tuple[np.ndarray, ...]
    elsewhere: np.ndarray

    def total(self) -> np.ndarray:
        """The scores, float32 [N]."""
        return sum((part.sum((1, 2)) for part in self.parts), self.elsewhere)

    def on_grid(self, side: int) -> np.ndarray:
        """All cuts added up, float32 [N, side, side]; with `elsewhere` it sums to the score too."""
        return sum((on_grid(part, side) for part in self.parts[1:]), on_grid(self.parts[0], side))

    def whole(self, side: int) -> np.ndarray:
        """As on_grid(), with `elsewhere` in even parts: each picture's map sums to its score."""
        return self.on_grid(side) + (self.elsewhere / side**2)[:, None, None]


def exact(subject: Subject, maps: Sequence[np.ndarray], direction: np.ndarray) -> Sums:
    """The scores direction · logits, place by place.

    maps: Subject.maps() of N pictures. direction: float32 [N, C], such as 1 at a class and -1 at its runner-up.
    """
    features = subject.pooled(maps)
    scores = (subject.model.head.logits(features) * direction).sum(1)
    pull = gradient(subject.model.head, features, direction)
    ends = np.cumsum([0, *(cut.width(subject.model.plan.pool) for cut in subject.cuts)])
    parts: list[np.ndarray] = []
    for place, (x, tail) in enumerate(zip(maps, subject.tails, strict=True)):
        own = pull[:, ends[place] : ends[place + 1]]
        parts.append(squared(_said(x, own, tail))[0])
    return Sums(tuple(parts), scores - sum(part.sum((1, 2)) for part in parts))


def gradient(head: Head, x: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Of direction · logits, float32 [N, C], at the head's input x float32 [N, D]: float32 [N, D]."""
    open_: list[np.ndarray] = []
    for weight, bias in head.layers[:-1]:
        x = np.maximum(x @ weight.T + bias, 0)
        open_.append(x > 0)
    pull = direction @ head.layers[-1][0]
    for (weight, _), through in zip(reversed(head.layers[:-1]), reversed(open_), strict=True):
        pull = (pull * through) @ weight
    return pull


def _said(x: np.ndarray, pull: np.ndarray, tail: Tail | None) -> np.ndarray:
    """What each place of maps [N, C, h, w] adds to the scores, float32 [N, h, w]."""
    if tail:
        return (tail.back(x, pull) * x).sum(1)
    channels, places = x.shape[1], x.shape[2] * x.shape[3]
    found = np.einsum("nc,nchw->nhw", pull[:, :channels] / places, x, optimize=True)
    if pull.shape[1] == channels:
        return found
    away = np.square(x - x.mean((2, 3), keepdims=True)) + np.float32(EPSILON)
    sigma = np.sqrt(away.mean((2, 3)))
    return found + np.einsum("nc,nchw->nhw", pull[:, channels:] / (places * sigma), away, optimize=True)

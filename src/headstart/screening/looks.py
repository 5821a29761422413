"""Dark, blurred and tiny pictures: measured as the network sees them, and held against the rest of the set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from headstart import progress
from headstart.data.dataset import Dataset
from headstart.data.decode import size_of
from headstart.data.loader import frames
from headstart.data.preprocess import Preprocess
from headstart.errors import PictureError
from headstart.screening.finding import BLURRED, DARK, TINY, Finding

# The lower fence of Tukey's box plot: what lies below the first quartile by more than so many quartile distances. In
# four sets it takes 0 to 8 of 1,000 pictures for blurred; of those of hymenoptera, blurred by a Gaussian of 2 pixels,
# 98 of 100 (benchmarks/labels/looks.py).
FENCE = 1.5
DARKEST = 40  # of 255: where a picture has nothing brighter than this it is dark, if few of the set are
TINIEST = 4  # times shorter than the typical shorter side
_BATCH = 64


@dataclass(frozen=True)
class Measured:
    """Of N pictures.

    light  float [N], 0 to 255: the grey that 95 of 100 places do not exceed
    sharp  float [N]: variance of the Laplacian of the greys (Pech-Pacheco et al. 2000), as its natural logarithm
    side   int64 [N]: the shorter side in pixels, 0 where it is not known
    """

    light: np.ndarray
    sharp: np.ndarray
    side: np.ndarray


def measure(dataset: Dataset, preprocess: Preprocess, *, workers: int = 0) -> Measured:
    """Decodes every picture once. Raises PictureError."""
    ready = [
        picture if (found := dataset.prepared(digest, preprocess)) is None else found
        for picture, digest in zip(dataset.pictures, dataset.digests, strict=True)
    ]
    light, sharp = np.empty(len(dataset)), np.empty(len(dataset))
    with progress.bar("looking at pictures", len(dataset)) as bar:
        for places, batch in frames(
            ready, preprocess, batch_size=_BATCH, workers=workers, truncated=dataset.truncated
        ):
            for place, frame in enumerate(batch, start=places.start):
                light[place], sharp[place] = light_and_sharpness(frame)
            bar.advance(len(batch))
    return Measured(light, sharp, np.array([_side(picture) for picture in dataset.pictures], np.int64))


def light_and_sharpness(frame: np.ndarray) -> tuple[float, float]:
    """(light, sharp) of uint8 [S, S, 3], see Measured."""
    grey = frame.astype(np.float32).mean(axis=2)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    edges = 4 * grey[1:-1, 1:-1] - around
    return float(np.percentile(grey, 95)), float(np.log(edges.var() + 1e-3))


def _side(picture: object) -> int:
    try:
        return min(size_of(picture))  # pyright: ignore[reportArgumentType]
    except PictureError:  # it was decoded, so it is there; its header alone does not tell
        return 0


def fence(values: np.ndarray) -> float:
    """Below this a value lies far below the others."""
    first, third = np.percentile(values, (25, 75))
    return float(first - FENCE * (third - first))


def found(dataset: Dataset, seen: Measured) -> tuple[list[Finding], dict[str, str]]:
    """(the findings, kind → where its line was drawn)"""
    light = np.log(seen.light + 1)
    dark = (light < fence(light)) & (seen.light < DARKEST)
    typical = float(np.median(seen.side[seen.side > 0])) if (seen.side > 0).any() else 0.0
    tiny = (seen.side > 0) & (seen.side * TINIEST < typical)
    line = fence(seen.sharp)
    blurred = (seen.sharp < line) & ~dark & ~tiny
    usual = float(np.median(seen.sharp))
    weaker = np.exp(usual - seen.sharp)
    limits = {
        DARK: f"nothing in it is brighter than {DARKEST} of 255, and few pictures of the set are so",
        BLURRED: f"its edges are over {np.exp(usual - line):.0f} times weaker than usual here (variance of Laplacian)",
        TINY: f"its shorter side is under a quarter of the usual {typical:.0f} pixels",
    }
    reach = [f"its light parts reach {value:.0f} of 255" for value in seen.light]
    edges = [f"its edges are {value:,.0f} times weaker than usual" for value in weaker]
    sides = [f"{value} pixels on its shorter side" for value in seen.side]
    findings = [
        *_of(DARK, dataset, dark, 1 - seen.light / 255, reach),
        *_of(BLURRED, dataset, blurred, 1 - 1 / weaker, edges),
        *_of(TINY, dataset, tiny, 1 - seen.side / max(typical, 1), sides),
    ]
    return findings, limits


def _of(
    kind: str, dataset: Dataset, which: np.ndarray, score: np.ndarray, said: list[str]
) -> Iterator[Finding]:
    """Those of `which`, bool [N], the highest score first; said: a sentence for each of N."""
    for at in np.flatnonzero(which)[np.argsort(-score[which], kind="stable")].tolist():
        label, sure = dataset.classes[dataset.labels[at]], round(float(np.clip(score[at], 0, 1)), 6)
        yield Finding(kind, dataset.paths[at], dataset.digests[at], label, sure, reason=said[at])

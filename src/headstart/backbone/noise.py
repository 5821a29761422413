"""Noise with the spectrum of natural pictures (amplitude falling as 1/f: Field 1987): pictures of nothing.

What can be asked of a network without any data set: which scale of input its weights have seen, and what a random
copy's normalisation should expect.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from headstart.data.preprocess import Preprocess

# The mean colour of ImageNet's pictures.
COLOUR = (0.485, 0.456, 0.406)
CONTRAST = 0.25  # standard deviation of the brightness
_SHARED = 0.92  # of the variance, between the three channels
# Of the pictures that a random copy's statistics are estimated on: batches, and pictures in each.
BATCHES, BATCH = 2, 16
_CONTRASTS, _BRIGHTNESSES = (0.1, 0.35), (0.25, 0.65)  # from dull to lively, from dark to bright
_Values: TypeAlias = float | np.ndarray


def natural(
    size: int, count: int, *, colour: _Values | None = None, contrast: _Values = CONTRAST, seed: int = 0
) -> np.ndarray:
    """float64 [count, 3, size, size] in [0, 1]. colour (mean) and contrast: numbers, or arrays that broadcast."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(rng.standard_normal((count, 4, size, size))) / frequency
    fields = np.fft.ifft2(spectrum).real
    fields /= fields.std(axis=(2, 3), keepdims=True)
    channels = math.sqrt(_SHARED) * fields[:, :1] + math.sqrt(1 - _SHARED) * fields[:, 1:]
    mean = np.asarray(COLOUR)[None, :, None, None] if colour is None else colour
    return np.clip(contrast * channels + mean, 0, 1)


@lru_cache(BATCHES)
def pictures(preprocess: Preprocess, part: int) -> np.ndarray:
    """float32 [16, 3, S, S], normalised as the network's own inputs; the same for all copies, and not to be written."""
    rng, shape = np.random.default_rng(part), (BATCH, 1, 1, 1)
    noise = natural(
        preprocess.size,
        BATCH,
        colour=rng.uniform(*_BRIGHTNESSES, shape),
        contrast=rng.uniform(*_CONTRASTS, shape),
        seed=part,
    )
    mean, std = (np.asarray(v)[:, None, None] for v in (preprocess.mean, preprocess.std))
    found = ((noise - mean) / std).astype(np.float32)
    found.flags.writeable = False
    return found

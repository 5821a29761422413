"""neighbours.safetensors: training pictures at the head's input, by which a bundle knows what is like them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headstart.heads.neighbours import Neighbours

NEIGHBOURS = "neighbours.safetensors"
_PICTURES = "pictures"
_LONGEST = 1.01  # a row of length 1 in half precision


def write(neighbours: Neighbours, folder: Path) -> None:
    """Into the bundle's folder."""
    from safetensors.numpy import save

    # One key alone: safetensors writes several in any order, and equal commands write equal bundles.
    pictures = json.dumps([list(neighbours.names), list(neighbours.digests)])
    tensors = {
        "labels": neighbours.labels,
        "widths": np.array(neighbours.widths, np.int64),
        "x": neighbours.x,
    }
    (folder / NEIGHBOURS).write_bytes(save(tensors, {_PICTURES: pictures}))


def read(folder: Path, widths: Sequence[int], classes: int) -> Neighbours | None:
    """Of the bundle in that folder, for cuts of these widths and so many classes; None where it keeps none.

    Raises ValueError.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / NEIGHBOURS
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as tensors:
            x, labels, found = (tensors.get_tensor(name) for name in ("x", "labels", "widths"))
            names, digests = json.loads(tensors.metadata()[_PICTURES])
    except (SafetensorError, RecursionError) as error:
        raise ValueError(f"{NEIGHBOURS}: {error}") from error
    _check_features(x, len(labels), sum(widths))
    if found.tolist() != list(widths):
        raise ValueError(f"{NEIGHBOURS}: of cuts of other widths than the head's")
    _check_told(labels, names, digests, len(x), classes)
    return Neighbours(x, labels, tuple(names), tuple(digests), tuple(widths))


def _check_features(x: np.ndarray, count: int, width: int) -> None:
    """Raises ValueError where these are no `count` rows of length 1; of a picture without any feature it is 0."""
    if x.dtype != np.float16 or x.shape != (count, width) or not count:
        raise ValueError(f"{NEIGHBOURS}: {x.dtype} {x.shape}, expected float16 {(count, width)}")
    lengths = np.linalg.norm(x.astype(np.float32), axis=1)
    if not np.isfinite(lengths).all():
        raise ValueError(f"{NEIGHBOURS}: holds numbers that are not finite")
    if lengths.max() > _LONGEST:
        raise ValueError(f"{NEIGHBOURS}: a row has the length {lengths.max():.4g}, expected 1")


def _check_told(labels: np.ndarray, names: Any, digests: Any, count: int, classes: int) -> None:
    """Raises ValueError where these do not tell of `count` pictures what they are."""
    if (
        labels.dtype != np.int64
        or labels.shape != (count,)
        or not 0 <= labels.min() <= labels.max() < classes
    ):
        raise ValueError(f"{NEIGHBOURS}: labels do not fit its {count} pictures of {classes} classes")
    for told in (names, digests):
        if not isinstance(told, list) or len(told) != count or not all(isinstance(one, str) for one in told):
            raise ValueError(f"{NEIGHBOURS}: names or digests do not fit its {count} pictures")

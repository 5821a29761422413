"""neighbours.safetensors: training pictures at the head's input, by which a bundle knows what is like them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headstart.heads.neighbours import Neighbours

NEIGHBOURS = "neighbours.safetensors"
_PICTURES = "pictures"


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
    except SafetensorError as error:
        raise ValueError(f"{NEIGHBOURS}: {error}") from error
    shape = (len(labels), sum(widths))
    if x.dtype != np.float16 or x.shape != shape or found.tolist() != list(widths):
        raise ValueError(f"{NEIGHBOURS}: {x.dtype} {x.shape}, expected float16 {shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"{NEIGHBOURS}: holds numbers that are not finite")
    agree = len(labels) and len(labels) == len(names) == len(digests)
    if not agree or not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"{NEIGHBOURS}: labels, names or digests do not fit its {len(labels)} pictures")
    return Neighbours(x, labels, tuple(names), tuple(digests), tuple(widths))

"""extract(): pictures through a frozen network once, all cuts in one pass, kept by the pictures' content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import PIL

from headstart import files, progress
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset
from headstart.data.loader import frames
from headstart.errors import OutputError
from headstart.features.features import Features
from headstart.features.store import Store
from headstart.runtime import Job, Runtime, chosen, start

_SHARD = 2048
# Raised whenever decoding, preparation or pooling change what a picture's features are.
VERSION = 1


@dataclass(frozen=True)
class How:
    """How a frozen network is run: see headstart.runtime.start; workers 0 is one per processor."""

    runtime: str = "auto"
    precision: str = "fp32"
    device: str = "auto"
    workers: int = 0
    batch_size: int = 32
    cache: bool = True


def extract(
    dataset: Dataset,
    index: np.ndarray,
    backbone: Backbone,
    *,
    how: How = How(),
    draw: int | None = None,
    label: str = "features",
) -> Features:
    """Features of the pictures at `index`, all stages pooled to mean and spread, and the source head's logits.

    draw: number of a random copy that takes the network's place (backbone/untrained.py); it has no logits. Raises PictureError, BackboneError.
    """
    job = Job(backbone, backbone.stages, "avgstd", draw is None and backbone.classifies, draw=draw)
    store = Store(_folder(job, how) if how.cache else None)
    chosen = dataset.take(index)
    wanted = store.missing(chosen.digests)
    if wanted:
        places = dict(zip(chosen.digests, chosen.paths, strict=True))
        _compute(store, wanted, [places[digest] for digest in wanted], job, how, label)
    widths = [stage.width("avgstd") for stage in backbone.stages]
    ends = list(accumulate(widths))
    x = {
        stage.name: store.gather(chosen.digests, slice(end - width, end))
        for stage, width, end in zip(backbone.stages, widths, ends, strict=True)
    }
    total = slice(ends[-1], ends[-1] + backbone.source.num_classes)
    return Features(x, store.gather(chosen.digests, total) if job.logits else None)


def _compute(
    store: Store, digests: Sequence[str], paths: Sequence[str], job: Job, how: How, label: str
) -> None:
    runtime = start(job, runtime=how.runtime, precision=how.precision, device=how.device)
    rows: list[np.ndarray] = []
    kept = 0
    with progress.bar(label, len(paths)) as bar:
        for outputs in run(runtime, job.backbone, paths, how):
            rows.append(np.concatenate(outputs, axis=1))
            bar.advance(len(rows[-1]))
            if sum(map(len, rows)) >= _SHARD:
                kept = _keep(store, digests, rows, kept)
        _keep(store, digests, rows, kept)


def _keep(store: Store, digests: Sequence[str], rows: list[np.ndarray], kept: int) -> int:
    if rows:
        block = np.concatenate(rows)
        store.add(digests[kept : kept + len(block)], block)
        kept += len(block)
        rows.clear()
    return kept


def run(
    runtime: Runtime, backbone: Backbone, paths: Sequence[str], how: How
) -> Iterator[tuple[np.ndarray, ...]]:
    """The runtime's outputs for the pictures at `paths`, batch by batch; decoding runs ahead."""
    preprocess = backbone.preprocess
    batches = frames(
        paths, preprocess, batch_size=max(1, min(how.batch_size, len(paths))), workers=how.workers
    )
    return runtime.stream(preprocess.normalise(batch) for _, batch in batches)


def _folder(job: Job, how: How) -> Path | None:
    key = files.sha256_of(
        str(VERSION), job.key, chosen(how.runtime, how.device), how.precision, PIL.__version__
    )
    try:
        return files.cache_folder("features", key)
    except OutputError as error:
        progress.say(f"features are not kept: {error}")
        return None

"""embedding(): some of a run's pictures on a plane, by what its head sees of them."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from headstart import extras
from headstart.errors import PictureError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from headstart.data import Dataset
    from headstart.job.run import Run
    from headstart.report.embedding import Embedding
    from headstart.report.sprite import Sprite

MOST = 2_000  # pictures: 3 s of t-SNE, and 1 MB of thumbnails


def make_ready() -> None:
    """Begins to import what on_plane() needs, and to read the page's templates, beside other work: that takes more
    than a second."""
    threading.Thread(target=_imported, daemon=True).start()


def _imported() -> None:
    from headstart.report.page import read_templates

    if extras.installed("sklearn"):
        import sklearn.manifold  # noqa: F401
    read_templates()


def drawing(run: Run) -> Future[Embedding | None]:
    """embedding(), begun beside other work: it takes one core for a second.

    Of a trained module it is done at once: a runtime may copy the module, and an explanation hangs hooks onto it.
    """
    from headstart.data.threads import pool_of

    if run.model.module is not None:
        from concurrent.futures import Future

        done: Future[Embedding | None] = Future()
        done.set_result(embedding(run))
        return done
    pool = pool_of(1)
    try:
        return pool.submit(embedding, run)
    finally:
        pool.shutdown(wait=False)


def embedding(run: Run) -> Embedding | None:
    """Of at most MOST pictures: those of the report and those learnt from, classes as even as can be.

    None where features are not kept, which would cost another pass over the pictures.
    """
    from headstart.assess.plane import COMPONENTS, method, on_plane
    from headstart.report.embedding import Embedding

    prepared, dataset = run.prepared, run.prepared.dataset
    if prepared.execution.keep == "none":
        return None
    chosen = _draw(run)
    before = None
    if run.model.module is not None and not run.kept.from_scratch:
        before = on_plane(_seen(run, chosen, trained=False))
    answers = np.full(len(dataset), -1, np.int64)
    answers[run.index] = run.evaluation.predictions
    how = method()
    return Embedding(
        classes=run.model.classes,
        names=tuple(os.path.basename(dataset.paths[place]) for place in chosen),
        labels=dataset.labels[chosen],
        predictions=answers[chosen],
        places=on_plane(_seen(run, chosen, trained=True), before),
        before=before,
        method=how,
        sprite=_sprite(run, dataset.take(chosen)),
        how=f"t-SNE parts classes better: {extras.command('sklearn')}" if how == COMPONENTS else "",
    )


def _draw(run: Run) -> np.ndarray:
    """Sorted places, int64: the report pictures, as many as half of MOST, and pictures that it learnt from."""
    from headstart.heads.neighbours import draw

    dataset = run.prepared.dataset

    def some(index: np.ndarray, most: int) -> np.ndarray:
        digests = [dataset.digests[place] for place in index]
        return index[draw(dataset.labels[index], dataset.groups[index], digests, most)]

    learnt = np.setdiff1d(run.prepared.partition.train, run.index)
    reported = some(run.index, max(MOST // 2, MOST - len(learnt)))
    return np.sort(np.concatenate([reported, some(learnt, MOST - len(reported))]))


def _seen(run: Run, chosen: np.ndarray, *, trained: bool) -> np.ndarray:
    """float32 [N, D]: what enters the head, each cut at the same length and each picture at length 1."""
    from headstart.heads.neighbours import unit
    from headstart.model.remember import head_input
    from headstart.planning.inputs import widths

    model = run.model if trained else replace(run.model, module=None)
    x = head_input(model, run.prepared.dataset, chosen, run.prepared.execution)
    return unit(x, widths(model.backbone, model.plan))


def _sprite(run: Run, pictures: Dataset) -> Sprite | None:
    """The pictures as tiles; None where one of them cannot be read again."""
    from headstart.report.sprite import side_of, sprite

    try:
        return sprite(_tiles(run, pictures, side_of(len(pictures))))
    except PictureError:
        return None


def _tiles(run: Run, pictures: Dataset, side: int) -> np.ndarray:
    """uint8 [N, side, side, 3]: what the network is shown, smaller."""
    from PIL import Image

    from headstart.data.loader import frames

    preprocess = run.model.backbone.preprocess
    small = replace(
        preprocess, size=side, resize=max(side, round(side * preprocess.resize / preprocess.size))
    )
    ready = []
    for picture, digest in zip(pictures.pictures, pictures.digests, strict=True):
        frame = pictures.prepared(digest, preprocess)
        ready.append(
            picture
            if frame is None
            else np.asarray(
                Image.fromarray(frame).resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
            )
        )
    out = np.empty((len(pictures), side, side, 3), np.uint8)
    for places, batch in frames(
        ready, small, workers=run.prepared.execution.workers, truncated=pictures.truncated
    ):
        out[places] = batch
    return out

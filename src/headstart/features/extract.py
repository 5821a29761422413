"""extract(): pictures through a frozen network once, all cuts in one pass, kept by the pictures' content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import numpy as np
import PIL

from headstart import cache, files, progress
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset
from headstart.data.given import Given
from headstart.data.loader import frames
from headstart.errors import OutputError
from headstart.features.features import Features
from headstart.features.store import Store
from headstart.runtime import Execution, Runtime, Trunk, chosen, possible, precisions, start, suiting_batch

_SHARD = 2048
_TURN = 40 << 20  # bytes of pictures that networks take by turns
# Raised whenever decoding, preparation or pooling change what a picture's features are.
VERSION = 2


def extract(
    dataset: Dataset,
    index: np.ndarray,
    backbone: Backbone,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
    draw: int | None = None,
    label: str = "features",
) -> Features:
    """Features of the pictures at `index`, all stages pooled to mean and spread, and the source head's logits.

    index: int64 [N]. draw: number of a random copy that takes its place (backbone/untrained.py); it has no logits.
    Raises PictureError, BackboneError.
    """
    return extract_beside(dataset, index, backbone, (draw,), execution=execution, label=label)[0]


def extract_beside(
    dataset: Dataset,
    index: np.ndarray,
    backbone: Backbone,
    draws: Sequence[int | None],
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
    label: str = "features",
) -> list[Features]:
    """extract() for each of `draws` (None is the network itself); a picture is decoded once for all of them.

    index: int64 [N]. Raises PictureError, BackboneError.
    """
    chosen = dataset.take(index)
    tables = [_Table.of(backbone, draw, execution) for draw in draws]
    places = dict(zip(chosen.digests, chosen.pictures, strict=True))
    together: dict[tuple[str, ...], list[_Table]] = {}
    for table in tables:
        together.setdefault(tuple(table.store.missing(chosen.digests)), []).append(table)
    for wanted, lacking in together.items():
        if wanted:
            batches = _prepared(backbone, [places[digest] for digest in wanted], execution, dataset.truncated)
            _compute(lacking, wanted, batches, label)
    return [table.features(chosen.digests) for table in tables]


def identity(backbone: Backbone, draw: int | None, execution: Execution) -> str:
    """Stands for the features that extract() gives of a picture, on this machine. Raises BackboneError."""
    return _key(*_asked(backbone, draw, execution))


@dataclass(frozen=True)
class _Table:
    """The rows of one network, and the job that makes more of them; `how` says what really runs."""

    job: Trunk
    execution: Execution
    store: Store

    @staticmethod
    def of(backbone: Backbone, draw: int | None, execution: Execution) -> _Table:
        job, execution = _asked(backbone, draw, execution)
        return _Table(job, execution, Store(_folder(job, execution), execution.keep))

    def started(self) -> Runtime:
        execution = self.execution
        return start(
            self.job, runtime=execution.runtime, precision=execution.precision, device=execution.device
        )

    def features(self, digests: Sequence[str]) -> Features:
        stages = self.job.stages
        widths = [stage.width("avgstd") for stage in stages]
        ends = list(accumulate(widths))
        columns = {
            stage.name: slice(end - width, end)
            for stage, width, end in zip(stages, widths, ends, strict=True)
        }
        total = slice(ends[-1], ends[-1] + self.job.backbone.source.num_classes)
        logits = self.store.gather(digests, total) if self.job.logits else None
        return Features(_Cuts(self.store, tuple(digests), columns), logits)


class _Cuts(Mapping[str, np.ndarray]):
    """Cut → float32 [N, D_k], gathered when it is first asked for: who needs the top holds no other in memory."""

    def __init__(self, store: Store, digests: Sequence[str], columns: Mapping[str, slice]) -> None:
        self._store, self._digests, self._columns = store, digests, columns
        self._found: dict[str, np.ndarray] = {}

    def __getitem__(self, cut: str) -> np.ndarray:
        if cut not in self._found:
            self._found[cut] = self._store.gather(self._digests, self._columns[cut])
        return self._found[cut]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _compute(
    tables: Sequence[_Table], digests: Sequence[str], batches: Iterator[np.ndarray], label: str
) -> None:
    runtimes = [table.started() for table in tables]
    rows: list[list[np.ndarray]] = [[] for _ in tables]
    done = kept = 0
    with progress.bar(label, len(digests)) as bar:
        for outputs in _by_turns(runtimes, batches):
            for own, found in zip(rows, outputs, strict=True):
                own += found
            count = sum(map(len, outputs[0]))
            done += count
            bar.advance(count)
            if done - kept >= _SHARD or done == len(digests):
                for table, own in zip(tables, rows, strict=True):
                    table.store.add(digests[kept:done], np.concatenate(own))
                    own.clear()
                kept = done


def _by_turns(runtimes: Sequence[Runtime], batches: Iterator[np.ndarray]) -> Iterator[list[list[np.ndarray]]]:
    """For a turn of pictures, each runtime's rows [B, D] batch by batch.

    The first runtime takes pictures as they are decoded, the others the same ones from memory after it: two networks by
    turns of a batch push each other out of the processor's caches. One alone runs straight through.
    """
    if len(runtimes) == 1:
        for found in runtimes[0].stream(batches):
            yield [[_row(found)]]
        return
    while True:
        turn: list[np.ndarray] = []
        outputs = [[_row(found) for found in runtimes[0].stream(_noted(batches, turn))]]
        if not turn:
            return
        outputs += [[_row(found) for found in runtime.stream(turn)] for runtime in runtimes[1:]]
        yield outputs


def _row(outputs: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(outputs, axis=1)


def _noted(batches: Iterator[np.ndarray], turn: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The next batches, up to _TURN bytes of pictures, which are put into `turn`."""
    size = 0
    for batch in batches:
        turn.append(batch)
        size += batch.nbytes
        yield batch
        if size >= _TURN:
            return


def run(
    runtime: Runtime,
    backbone: Backbone,
    pictures: Sequence[str | Given],
    execution: Execution,
    truncated: str = "refuse",
) -> Iterator[tuple[np.ndarray, ...]]:
    """The runtime's outputs for the pictures, each float32 [B, D_k], batch by batch; decoding runs ahead.

    Raises PictureError.
    """
    return runtime.stream(_prepared(backbone, pictures, execution, truncated))


def _prepared(
    backbone: Backbone, pictures: Sequence[str | Given], execution: Execution, truncated: str
) -> Iterator[np.ndarray]:
    """uint8 [B, S, S, 3] batches."""
    suits = suiting_batch(backbone.preprocess.size, execution.runtime, execution.device)
    size = max(1, min(execution.batch_size or suits, len(pictures)))
    for _, batch in frames(
        pictures, backbone.preprocess, batch_size=size, workers=execution.workers, truncated=truncated
    ):
        yield batch


def _asked(backbone: Backbone, draw: int | None, execution: Execution) -> tuple[Trunk, Execution]:
    """(what runs, how it really runs)"""
    job = Trunk(backbone, backbone.stages, "avgstd", draw is None and backbone.classifies, draw=draw)
    wanted = execution.precision if draw is None else execution.copies
    if draw is not None and wanted == "auto":
        wanted = precisions(execution.runtime, execution.device)[-1]
    return job, replace(execution, precision=possible(wanted, execution.runtime, execution.device))


def _key(job: Trunk, execution: Execution) -> str:
    """Stands for the rows: the network, how it runs, what prepares pictures for it."""
    ran = (chosen(execution.runtime, execution.device), execution.precision, PIL.__version__)
    levels = job.backbone.preprocess.levels
    more = [*(["fp16"] if execution.keep == "fp16" else []), *([f"levels {levels}"] if levels else [])]
    return files.sha256_of(str(VERSION), job.key, *ran, *more)


def _folder(job: Trunk, execution: Execution) -> Path | None:
    if execution.keep == "none":
        return None
    try:
        return cache.folder("features", _key(job, execution))
    except OutputError as error:
        progress.say(f"features are not kept: {error}")
        return None

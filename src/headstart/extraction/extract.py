"""extract(): pictures through a frozen network once, all cuts in one pass, kept by the pictures' content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from headstart.extraction.features import Features
from headstart.extraction.store import Store
from headstart.extras import TRAIN, version
from headstart.runtime import Execution, Resolved, Runtime, Trunk, resolve, start

_SHARD = 2048
_TURN = 40 << 20  # bytes of pictures that networks take by turns
# Raised whenever decoding, preparation or pooling change what a picture's features are.
VERSION = 2


def extract(
    dataset: Dataset,
    index: np.ndarray,
    backbone: Backbone,
    *,
    execution: Execution | Resolved = Execution(),  # noqa: B008 - frozen
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
    part: np.ndarray | None = None,
    execution: Execution | Resolved = Execution(),  # noqa: B008 - frozen
    label: str = "features",
) -> list[Features]:
    """extract() for each of `draws` (None is the network itself); a picture is decoded once for all of them.

    index: int64 [N]. part: int64 [M], places in `index`: random copies are asked of these alone. Raises PictureError,
    BackboneError.
    """
    chosen, how = dataset.take(index), resolve(execution)
    some = chosen if part is None else chosen.take(part)
    tables = [_Table.of(backbone, draw, how) for draw in draws]
    asked = [chosen.digests if draw is None else some.digests for draw in draws]
    pictures = dict(zip(chosen.digests, chosen.pictures, strict=True))
    for who, wanted in _together(
        [table.store.missing(own) for table, own in zip(tables, asked, strict=True)]
    ):
        ready = [dataset.ready(one, pictures[one], backbone.preprocess) for one in wanted]
        batches = _prepare(backbone, ready, how, dataset.truncated)
        _compute([tables[place] for place in who], wanted, batches, label)
    return [table.features(own) for table, own in zip(tables, asked, strict=True)]


def _together(missing: Sequence[Sequence[str]]) -> list[tuple[tuple[int, ...], list[str]]]:
    """(which tables, the pictures that these and no others lack), for lists of what each table lacks."""
    lacking: dict[str, tuple[int, ...]] = {}
    for table, digests in enumerate(missing):
        for digest in digests:
            lacking[digest] = (*lacking.get(digest, ()), table)
    found: dict[tuple[int, ...], list[str]] = {}
    for digest, tables in lacking.items():
        found.setdefault(tables, []).append(digest)
    return list(found.items())


def identity(backbone: Backbone, draw: int | None, execution: Execution | Resolved) -> str:
    """Stands for the features that extract() gives of a picture, on this machine. Raises BackboneError."""
    return _key(_trunk(backbone, draw), _of(draw, resolve(execution)))


@dataclass(frozen=True)
class _Table:
    """The rows of one network, and what makes more of them."""

    trunk: Trunk
    how: Resolved
    store: Store

    @staticmethod
    def of(backbone: Backbone, draw: int | None, how: Resolved) -> _Table:
        trunk, how = _trunk(backbone, draw), _of(draw, how)
        return _Table(trunk, how, Store(_folder(trunk, how), how.keep))

    def features(self, digests: Sequence[str]) -> Features:
        stages = self.trunk.stages
        widths = [stage.width("avgstd") for stage in stages]
        ends = list(accumulate(widths))
        columns = {
            stage.name: slice(end - width, end)
            for stage, width, end in zip(stages, widths, ends, strict=True)
        }
        total = slice(ends[-1], ends[-1] + self.trunk.backbone.source.num_classes)
        logits = self.store.gather(digests, total) if self.trunk.logits else None
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
    runtimes = [start(table.trunk, table.how) for table in tables]
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
    how: Resolved,
    truncated: str = "refuse",
) -> Iterator[tuple[np.ndarray, ...]]:
    """The runtime's outputs for the pictures, each float32 [B, D_k], batch by batch; decoding runs ahead.

    Raises PictureError.
    """
    return runtime.stream(_prepare(backbone, pictures, how, truncated))


def _prepare(
    backbone: Backbone, pictures: Sequence[str | Given | np.ndarray], how: Resolved, truncated: str
) -> Iterator[np.ndarray]:
    """uint8 [B, S, S, 3] batches."""
    size = max(1, min(how.batch_of(backbone.preprocess.size), len(pictures)))
    for _, batch in frames(
        pictures, backbone.preprocess, batch_size=size, workers=how.workers, truncated=truncated
    ):
        yield batch


def _trunk(backbone: Backbone, draw: int | None) -> Trunk:
    return Trunk(backbone, backbone.stages, "avgstd", draw is None and backbone.classifies, draw=draw)


def _of(draw: int | None, how: Resolved) -> Resolved:
    """How that copy runs; None is the network itself."""
    return how if draw is None else how.of_copies


def _key(trunk: Trunk, how: Resolved) -> str:
    """Stands for the rows: the network, how it runs, what prepares pictures for it."""
    levels = trunk.backbone.preprocess.levels
    more = [*(["fp16"] if how.keep == "fp16" else []), *([f"levels {levels}"] if levels else [])]
    if how.runtime == "torch":
        more += [version(package) for package in TRAIN]
    return files.sha256_of(str(VERSION), trunk.key, how.engine, how.precision, PIL.__version__, *more)


def _folder(trunk: Trunk, how: Resolved) -> Path | None:
    if how.keep == "none":
        return None
    try:
        return cache.folder("features", _key(trunk, how))
    except OutputError as error:
        progress.say(f"features are not kept: {error}")
        return None

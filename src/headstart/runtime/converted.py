"""Converted networks: the whole of each is converted once and kept by its hash, and every trunk takes its part of that.

A few light ones stay compiled as long as the process runs.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from headstart import cache, files, progress
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, OutputError
from headstart.runtime import built
from headstart.runtime.convert import BINARY, NAME, convert, part_of, save
from headstart.runtime.openvino import OpenVINORuntime, core
from headstart.runtime.trunk import Trunk

_DIGEST = "digest"
# Raised whenever what a converted network puts out, or in which order, changes.
_FORMAT = 2
# Networks of at most so many bytes, and so many of them, stay compiled as long as the process runs.
_LIGHT, _AT_HAND = 64 * 2**20, 3


def start(trunk: Trunk, precision: str = "fp32", threads: int = 0) -> OpenVINORuntime:
    """Makes the trunk ready to run. Raises BackboneError where it cannot be converted."""
    if trunk.module is not None:
        model = part_of(convert(trunk), trunk, trunk)
        return OpenVINORuntime(model, trunk.backbone.preprocess, precision, threads)
    key = (trunk.key, precision, threads)
    with _lock:
        runtime = _at_hand.pop(key, None) or _prepare(trunk, precision, threads)
        if runtime.weight <= _LIGHT:
            _at_hand[key] = runtime  # last in, last out
            for old in list(_at_hand)[:-_AT_HAND]:
                del _at_hand[old]
    return runtime


_at_hand: dict[tuple[str, str, int], OpenVINORuntime] = {}
_lock = threading.Lock()


def _prepare(trunk: Trunk, precision: str, threads: int) -> OpenVINORuntime:
    whole = trunk.whole()
    place = _place(whole)
    model = None if place is None else _read(place)
    if model is None:
        model = (
            built.build(whole.backbone, whole.draw, logits=whole.logits) if whole.boxed else convert(whole)
        )
        if place is not None:
            _write(model, place)
    return OpenVINORuntime(part_of(model, whole, trunk), trunk.backbone.preprocess, precision, threads)


def lies_there(trunk: Trunk) -> bool:
    """Whether the trunk's network lies converted in the cache, or in the box."""
    if trunk.boxed:
        return True
    place = _place(trunk.whole())
    return place is not None and (place / NAME).is_file()


def _read(place: Path) -> Any:
    """The converted network in the cache; None where there is none, or one that is damaged."""
    if not (place / NAME).is_file():
        return None
    try:
        if (place / _DIGEST).read_text(encoding="utf-8") == _digest(place):
            return core().read_model(place / NAME)
    except (OSError, ValueError, RuntimeError):
        pass  # said below
    progress.say(f"{place / NAME}: damaged; converted anew")
    return None


def _write(model: Any, place: Path) -> None:
    try:
        with files.locked(place.with_suffix(".lock")), files.replacing(place) as temporary:
            save(model, temporary)
            (temporary / _DIGEST).write_text(_digest(temporary), encoding="utf-8")
    except OutputError as error:
        progress.say(f"the converted network is not kept: {error}")


def _digest(folder: Path) -> str:
    return files.sha256_of(*(files.sha256(folder / name) for name in (NAME, BINARY)))


def _place(whole: Trunk) -> Path | None:
    """Where the converted network is kept, or None where the cache cannot be written."""
    try:
        return cache.folder("networks") / files.sha256_of(str(_FORMAT), whole.key)
    except OutputError:
        return None


def read(
    folder: Path,
    sizes: tuple[int, ...],
    preprocess: Preprocess,
    precision: str = "fp32",
    threads: int = 0,
) -> OpenVINORuntime:
    """A converted network from disk, whose outputs must have the widths `sizes`. Raises BackboneError."""
    path = folder / NAME
    try:
        model = core().read_model(path)
    except RuntimeError as error:
        raise BackboneError(f"{path}: not a converted network ({str(error).splitlines()[0]})") from error
    takes = [_shape(port) for port in model.inputs]
    if takes != [(-1, 3, preprocess.size, preprocess.size)]:
        raise BackboneError(
            f"{path}: takes {takes}, expected pictures of {preprocess.size} px; the bundle is damaged"
        )
    puts_out = [_shape(port) for port in model.outputs]
    if puts_out != [(-1, size) for size in sizes]:
        raise BackboneError(
            f"{path}: puts out {puts_out}, expected widths {list(sizes)}; the bundle is damaged"
        )
    return OpenVINORuntime(model, preprocess, precision, threads)


def _shape(port: Any) -> tuple[int, ...]:
    """Its lengths; -1 where one is free, () where not even their number is settled."""
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return ()
    return tuple(-1 if length.is_dynamic else length.get_length() for length in shape)

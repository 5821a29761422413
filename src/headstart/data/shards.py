"""Pictures inside WebDataset tar shards: `key.jpg` beside `key.cls`, or beside `key.json` with a "label".

The layout is that of https://github.com/webdataset/webdataset: members whose names agree up to the first dot
of the last part are one sample. Only plain tars: a compressed one cannot be read at a place.
"""

from __future__ import annotations

import functools
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from typing import Any

from headstart.data import memory
from headstart.data.dataset import BadPicture
from headstart.data.listing import PICTURE_SUFFIXES, Listing, Row, ignored, printable, settled, split_word
from headstart.errors import DataError, PictureError

MARK = ".tar!"
_LABEL = 1 << 20  # bytes of a label's file; more is none

Members = dict[str, tuple[int, int]]


def read_member(path: str) -> bytes:
    """The content of `shard.tar!member`. Raises PictureError with the reason."""
    shard, member = split_path(path)
    try:
        place = members(shard).get(member)
    except DataError as error:
        raise PictureError(str(error)) from error
    if place is None:
        raise PictureError("no such file in the shard")
    memory.contents().check(place[1], "its file")
    data = _read(shard, *place)
    if len(data) < place[1]:
        raise PictureError("truncated: the shard ends inside it")
    return data


def size_of(path: str) -> int:
    """Bytes of `shard.tar!member`; 0 where there is none such, which read_member() says."""
    shard, member = split_path(path)
    try:
        return members(shard).get(member, (0, 0))[1]
    except DataError:
        return 0


def split_path(path: str) -> tuple[str, str]:
    """`shard.tar!member` → (`shard.tar`, `member`)."""
    shard, _, member = path.partition(MARK)
    return shard + MARK[:-1], member


def members(shard: str) -> Members:
    """Name → (offset, length in bytes) of each regular file in the shard. Raises DataError."""
    try:
        facts = os.stat(shard)
        return _members(shard, facts.st_mtime_ns, facts.st_size)
    except FileNotFoundError as error:
        raise DataError(f"{shard}: no such shard") from error
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(
            f"{shard}: not a readable tar ({error}); expected a plain, complete .tar; write it again"
        ) from error


@functools.lru_cache(maxsize=4096)
def _members(shard: str, _changed: int, _size: int) -> Members:
    with tarfile.open(shard, "r:") as archive:
        plain = (member for member in archive if member.isreg() and not member.issparse())
        return {member.name: (member.offset_data, member.size) for member in plain}


def _read(shard: str, offset: int, length: int) -> bytes:
    try:
        with open(shard, "rb", buffering=0) as handle:
            handle.seek(offset)
            return handle.read(length)
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror}") from error


def listing(shards: Sequence[str], split: str = "") -> Listing:
    """The samples of `shards`. Without `split`, it is read from the shards' names where each says one.

    Raises DataError for a shard that cannot be read, and for a label that cannot be understood.
    """
    result = Listing()
    named = settled({shard: split or split_word(os.path.basename(shard), alone=False) for shard in shards})
    silent = not all(named.values())
    if not silent and not split:
        result.origin = "the names of the shards"
    for shard in sorted(shards):
        for key, parts in _samples(members(shard)):
            _add(result, shard, key, parts, "" if silent else named[shard])
    return result


def _samples(names: Members) -> Iterator[tuple[str, dict[str, str]]]:
    """(key, {extension: member}) for each sample, sorted by key."""
    samples: dict[str, dict[str, str]] = {}
    for name in names:
        folder, _, base = name.rpartition("/")
        if ignored(base):
            continue
        stem, _, extension = base.partition(".")
        samples.setdefault(f"{folder}/{stem}" if folder else stem, {})[extension.lower()] = name
    yield from sorted(samples.items())


def _add(result: Listing, shard: str, key: str, parts: dict[str, str], split: str) -> None:
    pictures = sorted(
        extension for extension in parts if f".{extension.rpartition('.')[2]}" in PICTURE_SUFFIXES
    )
    if not pictures:
        result.bad.append(BadPicture(f"{shard}!{printable(key)}", "no picture in this sample"))
        return
    label, group = _label(shard, key, parts)
    member = parts[pictures[0]]
    if printable(member) != member:
        result.bad.append(BadPicture(f"{shard}!{printable(member)}", "its name is not UTF-8; rename it"))
        return
    if not label:
        result.bad.append(BadPicture(f"{shard}!{member}", "no label: neither .cls nor .json beside it"))
        return
    name = f"{label}/{os.path.basename(member)}"
    result.rows.append(Row(f"{shard}!{member}", name, label, split, group))


def _label(shard: str, key: str, parts: dict[str, str]) -> tuple[str, str]:
    """(label, group) of a sample; "" for what it does not say."""
    try:
        if "cls" in parts:
            return _content(shard, parts["cls"]).decode().strip(), ""
        if "json" in parts:
            facts = json.loads(_content(shard, parts["json"]))
            return _text(facts, "label"), _text(facts, "group")
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{shard}!{key}: its label cannot be read ({error}); expected UTF-8 text or JSON"
        ) from error
    return "", ""


def _content(shard: str, member: str) -> bytes:
    offset, length = members(shard)[member]
    if length > _LABEL:
        raise ValueError(f"{length:,} bytes")
    return _read(shard, offset, length)


def _text(facts: Any, name: str) -> str:
    value = facts.get(name) if isinstance(facts, dict) else None
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError(f"{name} is of type {type(value).__name__}; one name or number is expected")
    text = "" if value is None else str(value).strip()
    text.encode()  # raises for half a character
    return text

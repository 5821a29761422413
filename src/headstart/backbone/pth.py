"""Tensors of a .pth file, read without torch and without running a pickle.

Such a file holds a small program that builds its contents. The reader follows the few opcodes that tensors by name
need: it keeps values on a stack, calls nothing and imports nothing. A name that is not in _KINDS or _NAMES, an opcode
that is not in _OPCODES and whatever does not add up are refused. Of the two layouts that torch has written, the older
one is read (five programs, then the numbers of each storage behind their count): that of the weights that we need.

The opcodes are told in pickletools of Python's library; the layout is that of torch.serialization._legacy_save.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.errors import WeightsError

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_MOST = 200_000  # opcodes that are followed: about 5,000 tensors
_DIMENSIONS = 8
_KINDS = {
    "torch FloatStorage": np.dtype("<f4"),
    "torch DoubleStorage": np.dtype("<f8"),
    "torch HalfStorage": np.dtype("<f2"),
    "torch LongStorage": np.dtype("<i8"),
    "torch IntStorage": np.dtype("<i4"),
}
_DICT, _TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
_NAMES = {*_KINDS, _DICT, _TENSOR}


class _Refused(ValueError):
    """Why a file is not read."""


@dataclass(frozen=True)
class _Name:
    """What a file would have imported."""

    text: str


@dataclass(frozen=True)
class _Storage:
    """Numbers that lie behind the programs. key: what the file calls them; count: how many there are."""

    key: str
    kind: np.dtype
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A stretch of a storage from number `offset` on. order: its axes, that of the longest stride first."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    order: tuple[int, ...]

    @property
    def count(self) -> int:
        return math.prod(self.shape)


def tensors(data: bytes, origin: str) -> dict[str, np.ndarray]:
    """name → array [...] of the numbers' own kind. data: the bytes of the file.

    origin: what errors call the file. Raises WeightsError for all that is no state dict of plain, dense tensors.
    """
    try:
        reader = Reader(data)
        if (reader.value(), reader.value()) != (MAGIC, PROTOCOL):
            raise _Refused("does not begin as torch's older files do")
        _check_order(reader.value())
        named, keys = _state(reader.value()), reader.value()
        arrays = _arrays(reader, _storages(named), keys)
        return {name: _cut(arrays[tensor.storage.key], tensor) for name, tensor in named.items()}
    except (_Refused, IndexError, struct.error, UnicodeDecodeError) as error:
        reason = error if type(error) is _Refused else "cut short or overwritten"
        raise WeightsError(
            f"{origin}: not read as plain tensors ({reason}); nothing in it was run; fetch it anew"
        ) from error


def _check_order(facts: Any) -> None:
    if not isinstance(facts, dict) or facts.get("little_endian") is not True:
        raise _Refused("its numbers are not little-endian")


def _state(value: Any) -> Mapping[str, _Tensor]:
    if not isinstance(value, dict) or not all(isinstance(tensor, _Tensor) for tensor in value.values()):
        raise _Refused("not names to tensors")
    return value


def _storages(named: Mapping[str, _Tensor]) -> dict[str, _Storage]:
    """key → storage; each is described in one way, and tensors hold no more numbers than lie in the file."""
    found: dict[str, _Storage] = {}
    for tensor in named.values():
        if found.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise _Refused("two tensors tell of one storage differently")
    if sum(tensor.count for tensor in named.values()) > sum(storage.count for storage in found.values()):
        raise _Refused("its tensors hold more numbers than the file")
    return found


def _arrays(reader: Reader, storages: Mapping[str, _Storage], keys: Any) -> dict[str, np.ndarray]:
    """key → [count], one storage behind another in the order of `keys`, to the end of the file."""
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise _Refused("its list of storages is none")
    if len(keys) != len(storages) or set(keys) != set(storages):
        raise _Refused("its list of storages is not that of its tensors")
    arrays = {key: _numbers(reader, storages[key]) for key in keys}
    if reader.place != len(reader.data):
        raise _Refused("it does not end where its last tensor does")
    return arrays


def _numbers(reader: Reader, storage: _Storage) -> np.ndarray:
    (count,) = struct.unpack("<q", reader.take(8))
    if count != storage.count:
        raise _Refused("a storage holds another count of numbers than its tensor says")
    return np.frombuffer(reader.take(count * storage.kind.itemsize), storage.kind)


def _cut(numbers: np.ndarray, tensor: _Tensor) -> np.ndarray:
    stretch = numbers[tensor.offset : tensor.offset + tensor.count]
    stored = stretch.reshape([tensor.shape[axis] for axis in tensor.order])
    return np.array(stored.transpose(np.argsort(tensor.order)), order="C")


class Reader:
    """Follows one program after another. data: the file; place: the byte that comes next."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = memoryview(data), 0
        self.left = _MOST
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def value(self) -> Any:
        """What the program at `place` builds; `place` is behind it afterwards. Raises _Refused, IndexError."""
        self.stack, self.marks, self.memo = [], [], {}
        while (opcode := self.take(1)[0]) != _STOP:
            self.left -= 1
            if self.left < 0:
                raise _Refused("its program is longer than any of such a file")
            if opcode not in _OPCODES:
                raise _Refused(f"opcode {opcode:#04x} is none that tensors need")
            _OPCODES[opcode](self)
        if len(self.stack) != 1:
            raise _Refused("its program leaves no single value")
        return self.stack.pop()

    def take(self, count: int) -> memoryview:
        """The next `count` bytes. Raises _Refused where there are fewer."""
        if not 0 <= count <= len(self.data) - self.place:
            raise _Refused("it ends too early")
        self.place += count
        return self.data[self.place - count : self.place]

    def number(self, form: str) -> int:
        """The next number, `form` as struct has it."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        """ASCII up to the end of the line; names are short."""
        near = bytes(self.data[self.place : self.place + 100])
        return str(self.take(near.index(b"\n") + 1 if b"\n" in near else -1)[:-1], "ascii")

    def marked(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found

    # What the opcodes do.

    def protocol(self) -> None:
        if self.number("B") != 2:
            raise _Refused("its program is of another protocol than torch's")

    def long(self) -> None:
        self.stack.append(int.from_bytes(self.take(self.number("B")), "little", signed=True))

    def text(self) -> None:
        self.stack.append(str(self.take(self.number("<I")), "utf-8"))

    def named(self) -> None:
        name = f"{self.line()} {self.line()}"
        if name not in _NAMES:
            raise _Refused("it names code that tensors do not need")
        self.stack.append(_Name(name))

    def keep(self, form: str) -> None:
        self.memo[self.number(form)] = self.stack[-1]

    def recall(self, form: str) -> None:
        key = self.number(form)
        if key not in self.memo:
            raise _Refused("it recalls what it has not kept")
        self.stack.append(self.memo[key])

    def tuple(self, count: int) -> None:
        found = tuple(self.stack[len(self.stack) - count :]) if len(self.stack) >= count else None
        if found is None:
            raise _Refused("it ends too early")
        del self.stack[len(self.stack) - count :]
        self.stack.append(found)

    def append(self, found: list[Any]) -> None:
        """To the list on the stack."""
        _the(list, self.stack[-1]).extend(found)

    def items(self, found: list[Any]) -> None:
        """Names and values, one after another, into the dictionary on the stack."""
        into, names = _the(dict, self.stack[-1]), found[::2]
        if len(found) % 2 or not all(isinstance(name, str) for name in names):
            raise _Refused("a dictionary has something else than names")
        into.update(zip(names, found[1::2], strict=True))

    def item(self) -> None:
        value, name = self.stack.pop(), self.stack.pop()
        self.items([name, value])

    def storage(self) -> None:
        self.stack.append(_storage(self.stack.pop()))

    def made(self) -> None:
        """The two things that such a file makes of a name and its arguments, made by us."""
        given, name = _the(tuple, self.stack.pop()), _the(_Name, self.stack.pop())
        if name.text == _DICT and not given:
            self.stack.append({})
        elif name.text == _TENSOR:
            self.stack.append(_tensor(given))
        else:
            raise _Refused("it makes something else than tensors")

    def built(self) -> None:
        """Attributes of a dictionary (torch's notes on versions), which are passed over."""
        self.stack.pop()
        _the(dict, self.stack[-1])


def _the(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise _Refused("its program mixes up kinds")
    return value


def _counts(values: Any, most: int = 1) -> bool:
    return 0 <= len(values) <= most and all(type(value) is int and value >= 0 for value in values)


def _storage(given: Any) -> _Storage:
    """Of ("storage", kind, key, device, count, view); views are no more written."""
    if type(given) is not tuple or len(given) != 6:
        raise _Refused("a storage is told of in another way than torch's")
    word, name, key, device, count, view = given
    kind = _KINDS.get(name.text) if type(name) is _Name else None
    if type(word) is not str or word != "storage" or view is not None or kind is None:
        raise _Refused("a storage is of a kind that is not read")
    if type(key) is not str or type(device) is not str or not _counts((count,)):
        raise _Refused("a storage has no name or no count")
    return _Storage(key, kind, count)


def _tensor(given: tuple[Any, ...]) -> _Tensor:
    """Of (storage, offset, shape, strides, needs gradient, hooks): only what lies in its storage without gaps."""
    if len(given) != 6 or type(given[0]) is not _Storage:
        raise _Refused("a tensor is told of in another way than torch's")
    storage, offset, shape, strides = given[:4]
    for sizes in (shape, strides):
        if type(sizes) is not tuple or not _counts(sizes, _DIMENSIONS):
            raise _Refused("a tensor has no shape")
    sides = math.prod(
        side for side in shape if side
    )  # numpy refuses what would be too large but for a side of 0
    if not _counts((offset,)) or max(offset + math.prod(shape), sides, 0) > storage.count:
        raise _Refused("a tensor reaches beyond its storage")
    return _Tensor(storage, offset, shape, _order(shape, strides))


def _order(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """The axes as they lie in memory, the outermost first. Raises _Refused where they overlap or leave gaps."""
    if len(strides) != len(shape):
        raise _Refused("a tensor has no shape")
    inner, step = sorted(range(len(shape)), key=lambda axis: (strides[axis], shape[axis])), 1
    for axis in inner:
        if shape[axis] > 1 and strides[axis] != step:
            raise _Refused("a tensor's numbers overlap or have gaps between them")
        step *= shape[axis]
    return tuple(reversed(inner))


_STOP = ord(".")
_OPCODES: dict[int, Callable[[Reader], None]] = {
    0x80: Reader.protocol,
    ord("("): lambda r: r.marks.append(len(r.stack)),
    ord("N"): lambda r: r.stack.append(None),
    0x88: lambda r: r.stack.append(True),
    0x89: lambda r: r.stack.append(False),
    ord("K"): lambda r: r.stack.append(r.number("B")),
    ord("M"): lambda r: r.stack.append(r.number("<H")),
    ord("J"): lambda r: r.stack.append(r.number("<i")),
    0x8A: Reader.long,
    ord("X"): Reader.text,
    ord("c"): Reader.named,
    ord("q"): lambda r: r.keep("B"),
    ord("r"): lambda r: r.keep("<I"),
    ord("h"): lambda r: r.recall("B"),
    ord("j"): lambda r: r.recall("<I"),
    ord("}"): lambda r: r.stack.append({}),
    ord("]"): lambda r: r.stack.append([]),
    ord(")"): lambda r: r.stack.append(()),
    0x85: lambda r: r.tuple(1),
    0x86: lambda r: r.tuple(2),
    0x87: lambda r: r.tuple(3),
    ord("t"): lambda r: r.stack.append(tuple(r.marked())),
    ord("a"): lambda r: r.append([r.stack.pop()]),
    ord("e"): lambda r: r.append(r.marked()),
    ord("s"): Reader.item,
    ord("u"): lambda r: r.items(r.marked()),
    ord("Q"): Reader.storage,
    ord("R"): Reader.made,
    ord("b"): Reader.built,
}

"""The reader of .pth files: what torch writes is read as torch reads it; what else there may be is refused, quickly."""

from __future__ import annotations

import io
import pickle
import re
import struct
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest
import torch

from headstart.backbone import pth
from headstart.errors import WeightsError

MOST_BYTES = 200e6


def _saved(value: object) -> bytes:
    out = io.BytesIO()
    torch.save(value, out, _use_new_zipfile_serialization=False)
    return out.getvalue()


def _state() -> OrderedDict[str, torch.Tensor]:
    weight = torch.arange(24.0).reshape(2, 3, 4)
    return OrderedDict(
        {
            "plain": weight,
            "turned": torch.arange(60.0).reshape(3, 5, 4).permute(2, 0, 1),
            "thin": torch.ones(4, 1, 1).permute(1, 0, 2),
            "part": torch.arange(10.0)[4:8],
            "half": weight.half(),
            "double": weight.double() / 3,
            "count": torch.tensor(7),
            "ints": torch.arange(3, dtype=torch.int32),
        }
    )


def _refused(data: bytes) -> str:
    """The line that `data` is refused with, which takes little memory; opcodes are counted, so that none takes long."""
    tracemalloc.start()
    with pytest.raises(WeightsError) as caught:
        pth.tensors(data, "weights x")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    said = str(caught.value)
    assert said.startswith("weights x: ")
    assert "nothing in it was run" in said
    assert "\n" not in said
    assert len(said) < 200
    assert peak < MOST_BYTES + 3 * len(data)
    return said


def test_tensors_are_what_torch_reads():
    read, state = pth.tensors(_saved(_state()), "x"), _state()
    assert list(read) == list(state)
    for name, tensor in state.items():
        assert read[name].dtype == tensor.numpy().dtype
        np.testing.assert_array_equal(read[name], tensor.numpy())
        assert read[name].flags.c_contiguous


def test_a_plain_dictionary_and_notes_on_versions_are_read():
    assert set(pth.tensors(_saved(dict(_state())), "x")) == set(_state())
    state = torch.nn.BatchNorm1d(3).state_dict()
    assert vars(state)["_metadata"]  # what torch keeps beside the tensors
    assert set(pth.tensors(_saved(state), "x")) == set(state)


def test_a_file_cut_short_anywhere_is_refused():
    whole = _saved(_state())
    for length in range(0, len(whole), 3):
        with pytest.raises(WeightsError):
            pth.tensors(whole[:length], "x")
    _refused(whole[:-1])
    assert "does not end" in _refused(whole + b"\0")


def test_a_byte_overwritten_is_refused_or_read_and_nothing_else():
    whole, draw = bytearray(_saved({"a": torch.ones(2, 2)})), np.random.default_rng(0)
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] = draw.integers(256)
        try:
            read = pth.tensors(bytes(damaged), "x")
        except WeightsError:
            continue
        assert sum(array.nbytes for array in read.values()) <= len(whole)


@pytest.mark.parametrize("value", [torch.ones(2), [torch.ones(2)], {"a": 3}, {1: torch.ones(2)}, {"a": {}}])
def test_what_is_no_state_dict_is_refused(value):
    _refused(_saved(value))


def test_overlapping_tensors_and_those_with_gaps_are_refused():
    for tensor in (torch.ones(1).expand(1000, 1000), torch.ones(10)[::2], torch.ones(4, 4)[:, :2]):
        assert re.search("overlap|reaches beyond", _refused(_saved({"a": tensor})))


def test_tensors_that_share_a_storage_may_not_hold_more_than_the_file():
    shared = torch.ones(1000)
    assert "more numbers" in _refused(_saved({f"t{i}": shared for i in range(1000)}))


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"PK\x03\x04 archive", b"<html>not found</html>", b"\x80\x02."]
)
def test_what_is_no_such_file_is_refused(data):
    _refused(data)


class _Harm:
    def __init__(self, call: object, *given: object) -> None:
        self.call, self.given = call, given

    def __reduce__(self):
        return self.call, self.given


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_is_refused_and_not_made(protocol, tmp_path):
    target = tmp_path / "harmed"
    harm = _Harm(type(target).touch, target)
    for data in (pickle.dumps(harm, protocol), _file(pickle.dumps({"a": harm}, protocol))):
        _refused(data)
    assert not target.exists()
    assert "names code" in _refused(_saved({"a": harm}))


# Programs written by hand. What stands around them is as torch writes it.

_BEGIN = b"".join(
    pickle.dumps(value, 2)
    for value in (pth.MAGIC, pth.PROTOCOL, {"protocol_version": 1001, "little_endian": True})
)


def _file(program: bytes, keys: list[str] | None = None, rest: bytes = b"") -> bytes:
    return _BEGIN + program + pickle.dumps(keys or [], 2) + rest


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _number(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def _numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(_number, values)) + b"t"


def _tensor(
    count: int, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0, kind: str = "Float"
) -> bytes:
    storage = b"(" + _text("storage") + f"ctorch\n{kind}Storage\n".encode() + _text("0") + _text("cpu")
    storage += _number(count) + b"NtQ"
    made = b"(" + storage + _number(offset) + _numbers(shape) + _numbers(strides) + b"\x89}t"
    return b"\x80\x02}" + _text("a") + b"ctorch._utils\n_rebuild_tensor_v2\n" + made + b"Rs."


def _behind(count: int, given: int | None = None) -> bytes:
    return struct.pack("<q", count) + b"\0" * 4 * (count if given is None else given)


def test_a_program_written_by_hand_is_read():
    found = pth.tensors(_file(_tensor(6, (2, 3), (3, 1)), ["0"], _behind(6)), "x")
    assert found["a"].shape == (2, 3)


HUGE = 1 << 500


@pytest.mark.parametrize(
    ("program", "rest"),
    {
        "a huge count of numbers": (_tensor(HUGE, (HUGE,), (1,)), _behind(6)),
        "a huge count that fits a file's": (_tensor(1 << 60, (1 << 60,), (1,)), _behind(1 << 60, 6)),
        "a negative count": (_tensor(-1, (), ()), _behind(-1, 0)),
        "another count in the file": (_tensor(6, (2, 3), (3, 1)), _behind(5)),
        "another count, huge": (_tensor(6, (2, 3), (3, 1)), _behind(1 << 62, 6)),
        "a huge shape without numbers": (_tensor(6, (0, HUGE), (1, 1)), _behind(6)),
        "sides that are huge beside one of none": (
            _tensor(2000, (2000, 0, *(2000,) * 6), (0,) * 8),
            _behind(2000),
        ),
        "a huge shape of one number": (_tensor(6, (HUGE,), (0,)), _behind(6)),
        "a shape beyond the storage": (_tensor(6, (7,), (1,)), _behind(6)),
        "an offset beyond the storage": (_tensor(6, (6,), (1,), 1), _behind(6)),
        "a negative offset": (_tensor(6, (2,), (1,), -4), _behind(6)),
        "a negative side": (_tensor(6, (-2, -3), (3, 1)), _behind(6)),
        "negative strides": (_tensor(6, (6,), (-1,)), _behind(6)),
        "too few strides": (_tensor(6, (2, 3), (1,)), _behind(6)),
        "too many sides": (_tensor(1, (1,) * 99, (1,) * 99), _behind(1)),
        "a kind that is not read": (_tensor(6, (6,), (1,), kind="QInt8"), _behind(6)),
    }.values(),
)
def test_sizes_that_do_not_add_up_are_refused(program, rest):
    _refused(_file(program, ["0"], rest))


def test_lists_of_storages_that_are_none_are_refused():
    whole = _tensor(6, (6,), (1,))
    for keys in ([], ["1"], ["0", "0"], ["0", "1"], [0], [["0"]]):
        _refused(_BEGIN + whole + pickle.dumps(keys, 2) + _behind(6) * 2)
    _refused(_BEGIN + whole + pickle.dumps("0", 2) + _behind(6))


_ITSELF = b"\x80\x02}q\x00" + _text("a") + b"h\x00s"


@pytest.mark.parametrize(
    "program",
    {
        "a dictionary in itself": _ITSELF + b".",
        "a list in itself": b"\x80\x02]q\x00(h\x00h\x00h\x00eh\x00.",
        "nested deeply": b"\x80\x02" + b"(" * 400_000 + b"t" * 400_000 + b".",
        "dictionaries nested deeply": b"\x80\x02}" + (_text("a") + b"}") * 100_000 + b"s" * 100_000 + b".",
        "doubled forty times": b"\x80\x02}" + _text("a") + b"N" + b"q\x01h\x01\x86" * 40 + b"s.",
        "a doubled thing as a name": b"\x80\x02}N" + b"q\x01h\x01\x86" * 40 + b"Ns.",
        "a program without end": b"\x80\x02" + b"N0" * 10,
        "a long program": b"\x80\x02" + b"N" * 3_000_000 + b".",
        "a text of four gigabytes": b"\x80\x02X\xff\xff\xff\xffabc.",
        "a text that is none": b"\x80\x02X\x02\x00\x00\x00\xff\xfe.",
        "a name that does not end": b"\x80\x02c" + b"torch" * 1_000_000,
        "a name not in ASCII": b"\x80\x02c\xff\xff\n\n.",
        "a place in the memo far out": b"\x80\x02Nr\xff\xff\xff\xffj\xfe\xff\xff\xff.",
        "nothing kept": b"\x80\x02q\x00.",
        "nothing to take": b"\x80\x02\x87.",
        "no mark": b"\x80\x02Nt.",
        "a mark that others took from": b"\x80\x02NNN(\x87t.",
        "an odd number of items": b"\x80\x02}(" + _text("a") + b"u.",
        "items into a list": b"\x80\x02](" + _text("a") + b"Nu.",
        "appended to a dictionary": b"\x80\x02}(Ne.",
        "a call of None": b"\x80\x02N)R.",
        "a call without arguments": b"\x80\x02ccollections\nOrderedDict\nNR.",
        "a storage called": b"\x80\x02ctorch\nFloatStorage\n)R.",
        "a storage that is none": b"\x80\x02NQ.",
        "attributes of None": b"\x80\x02NNb.",
        "two values": b"\x80\x02NN.",
        "no value": b"\x80\x02.",
        "a name of harm": b"\x80\x02cos\nsystem\n.",
        "an extension": b"\x80\x02\x82\x01.",
        "an instance": b"\x80\x02(cos\nsystem\no.",
        "an object of a class": b"\x80\x02cos\nsystem\n)\x81.",
        "protocol 4": b"\x80\x04N.",
    }.values(),
)
def test_hostile_programs_are_refused(program):
    _refused(_file(program))

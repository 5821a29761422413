"""Weights files: what is read, what is refused in one line, and that none of them runs anything."""

from __future__ import annotations

import io
import os
import pickle
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from headstart.backbone import weights
from headstart.errors import WeightsError


def _state() -> dict[str, torch.Tensor]:
    return {"layer.weight": torch.arange(6.0).reshape(2, 3), "layer.bias": torch.ones(2)}


def _saved(value: object, **options: object) -> bytes:
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


class _Harm:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch '{self.target}'",)


@pytest.mark.parametrize("form", [lambda s: s, lambda s: {"state_dict": s}, lambda s: {"model": s}])
@pytest.mark.parametrize("zipped", [True, False])
def test_torch_files_are_read_with_or_without_a_wrapping(form, zipped, tmp_path):
    file = tmp_path / "weights.pth"
    file.write_bytes(_saved(form(_state()), _use_new_zipfile_serialization=zipped))
    read = weights.read(file)
    assert set(read) == set(_state())
    assert all(torch.equal(read[name], tensor) for name, tensor in _state().items())


def test_half_precision_and_a_wrapper_s_prefix_are_undone(tmp_path):
    file = tmp_path / "weights.safetensors"
    save_file({f"module.{name}": tensor.half() for name, tensor in _state().items()}, file)
    read = weights.read(file)
    assert {name: tensor.dtype for name, tensor in read.items()} == dict.fromkeys(_state(), torch.float32)


@pytest.mark.parametrize("name", ["weights.pth", "weights.pt", "weights.bin", "weights.ckpt"])
@pytest.mark.parametrize(
    "form",
    [
        lambda harm: _saved({"state_dict": harm}),
        lambda harm: _saved({"a": harm}, _use_new_zipfile_serialization=False),
        lambda harm: pickle.dumps({"a": harm}),
        lambda harm: pickle.dumps(harm, protocol=0),
    ],
    ids=["zip", "old", "bare", "bare 0"],
)
def test_a_harmful_file_is_refused_and_runs_nothing(name, form, tmp_path):
    file, target = tmp_path / name, tmp_path / "harmed"
    file.write_bytes(form(_Harm(target)))
    with pytest.raises(WeightsError, match="not readable as plain tensors") as caught:
        weights.read(file)
    assert "\n" not in str(caught.value)
    assert "weights_only" not in str(caught.value)  # no advice to let the file run
    assert not target.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_short_anywhere_is_refused(zipped, tmp_path):
    whole = _saved(_state(), _use_new_zipfile_serialization=zipped)
    file = tmp_path / "weights.pth"
    for length in range(0, len(whole) - 1, 7):
        file.write_bytes(whole[:length])
        with pytest.raises(WeightsError, match=re.escape(f"weights {file}: ")):
            weights.read(file)


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"\x80\x02K", b"PK\x03\x04 no archive", b"<html>not found</html>"]
)
@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_what_is_no_weights_file_is_refused(content, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=name):
        weights.read(tmp_path / name)


@pytest.mark.parametrize("value", [[1, 2], {1: torch.ones(2)}, {"a": 3}, torch.ones(2)])
def test_tensors_without_names_are_refused(value, tmp_path):
    (tmp_path / "weights.pth").write_bytes(_saved(value))
    with pytest.raises(WeightsError, match="expected a state dict"):
        weights.read(tmp_path / "weights.pth")


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(WeightsError, match="no such file"):
            weights.read(path)


def test_what_does_not_fit_is_named_with_both_shapes():
    module = torch.nn.ModuleDict({"layer": torch.nn.Linear(3, 4), "other": torch.nn.Linear(1, 1)})
    with pytest.raises(WeightsError) as caught:
        weights.fit(module, {**_state(), "stray": torch.ones(1)}, "weights x")
    for part in (
        "2 missing: other.weight, other.bias",
        "1 unexpected: stray",
        "layer.weight is [2, 3], expected [4, 3]",
    ):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)

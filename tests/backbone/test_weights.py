"""Weights files: what is read, what is refused in one line, and that none of them runs anything."""

from __future__ import annotations

import io
import os
import pickle
import re
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from headstart import backbone
from headstart.backbone import NetworkSpec, weights, zoo
from headstart.backbone import network as network_room
from headstart.backbone.backbone import Source
from headstart.backbone.network import Network
from headstart.backbone.taps import Tapped
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, WeightsError

WRAPPERS = ("state_dict", "model", "model_state_dict", "net")


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


@pytest.mark.parametrize(
    "form",
    [
        lambda s: s,
        *(lambda s, key=key: {"epoch": 3, key: s} for key in WRAPPERS),
        lambda s: {"model": {"state_dict": s}},
        lambda s: {"state_dict_ema": {}, "state_dict": s},
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_torch_files_are_read_with_or_without_a_wrapping(form, zipped, tmp_path):
    file = tmp_path / "weights.pth"
    file.write_bytes(_saved(form(_state()), _use_new_zipfile_serialization=zipped))
    read = weights.read(file).tensors
    assert set(read) == set(_state())
    assert all(torch.equal(read[name], tensor) for name, tensor in _state().items())


def test_half_precision_is_undone(tmp_path):
    file = tmp_path / "weights.safetensors"
    save_file({name: tensor.half() for name, tensor in _state().items()}, file)
    read = weights.read(file).tensors
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


_ITSELF: dict[str, object] = {}
_ITSELF["model"] = _ITSELF


@pytest.mark.parametrize("value", [[1, 2], {1: torch.ones(2)}, {"a": 3}, torch.ones(2), _ITSELF])
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
        weights.fit(module, weights.Stored("weights x", {**_state(), "stray": torch.ones(1)}))
    for part in (
        "2 missing: other.weight, other.bias",
        "1 unexpected: stray",
        "layer.weight is [2, 3], expected [4, 3]",
    ):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


PREFIXES = (
    "module.",
    "_orig_mod.",
    "model.",
    "backbone.",
    "encoder.",
    "net.",
    "model.module.",
    "_orig_mod.module.",
)


class Two(nn.Module):
    """A body and its classifier."""

    def __init__(self, outputs: int = 5) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 4))
        self.fc = nn.Linear(4, outputs)


@pytest.fixture
def given(tmp_path):
    """given(state) → (the network as a file of that state wants it, what is said)"""

    def load(state: object, network: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
        file = tmp_path / "weights.pth"
        file.write_bytes(_saved(state))
        preprocess = Preprocess(8, 8, "bicubic", (0.5,) * 3, (0.5,) * 3)
        made = Network(network, preprocess, Source("nothing", 5), ("body",), "fc")
        found = network_room.given(made, network_room.read(str(file)), pretrained=True)
        return found.module, found.notes

    return load


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_a_wrapper_puts_before_all_names_is_taken_off_and_said(given, prefix):
    state = Two().state_dict()
    loaded, (note,) = given({f"{prefix}{name}": tensor for name, tensor in state.items()}, Two())
    assert all(torch.equal(tensor, state[name]) for name, tensor in loaded.state_dict().items())
    assert repr(prefix) in note


def test_what_a_wrapper_keeps_beside_the_network_is_left_out_and_said(given):
    state = Two().state_dict()
    beside = {"n_averaged": torch.tensor(3), "projector.weight": torch.ones(2)}
    _, (note,) = given({**{f"module.{name}": tensor for name, tensor in state.items()}, **beside}, Two())
    assert "2 tensors without it are left out (n_averaged, projector.weight)" in note


def test_of_plain_weights_and_running_averages_the_averages_are_taken_and_said(given):
    plain, average = Two().state_dict(), Two().state_dict()
    for wrapped in (
        {"state_dict": plain, "state_dict_ema": average},
        {"model": plain, "model_ema": {f"module.{name}": tensor for name, tensor in average.items()}},
        {**{f"model.{n}": t for n, t in plain.items()}, **{f"model_ema.{n}": t for n, t in average.items()}},
    ):
        loaded, notes = given(wrapped, Two())
        assert torch.equal(loaded.state_dict()["fc.weight"], average["fc.weight"])
        assert any("ema" in note for note in notes)


def test_options_of_a_training_beside_the_weights_are_no_reason_to_refuse(given):
    args = Namespace(lr=0.1, output=Path("runs") / "x", size=(3, 224, 224))
    saved = {"args": args, "best": np.float64(0.7), "epoch": 3, "model": Two().state_dict()}
    assert given(saved, Two())[1] == ()


def test_harm_among_the_options_is_refused_and_runs_nothing(tmp_path):
    file, target = tmp_path / "weights.pth", tmp_path / "harmed"
    file.write_bytes(_saved({"model": _state(), "args": Namespace(hook=_Harm(target))}))
    with pytest.raises(WeightsError, match="not readable as plain tensors"):
        weights.read(file)
    assert not target.exists()


@pytest.mark.parametrize("beside", [{}, {"fc.0.weight": torch.ones(2, 4), "fc.2.weight": torch.ones(2, 2)}])
def test_a_file_without_the_classifier_gives_a_network_without_one(given, beside):
    state = {name: tensor for name, tensor in Two().state_dict().items() if not name.startswith("fc.")}
    loaded, (note,) = given({**state, **beside}, Two())
    assert set(loaded.state_dict()) == set(state)
    assert "holds no classifier (fc)" in note


def test_another_network_s_file_is_refused_by_its_own_names(given):
    with pytest.raises(WeightsError, match="does not fit the network") as caught:
        given({"module.stem.weight": torch.ones(2), "module.fc.weight": torch.ones(5, 4)}, Two())
    assert "missing: body.0.weight" in str(caught.value)
    assert "module.stem.weight" in str(caught.value)


@pytest.mark.parametrize("name", ["timm:resnet10t", "torchvision:squeezenet1_0", "small"])
def test_features_without_classes_of_their_own(name, tmp_path, said):
    """They are loaded, run and cut like any other, and nothing asks them what the pictures show."""
    whole = backbone.outline(name)
    module = zoo.load(NetworkSpec(name), pretrained=False)[2]
    file = tmp_path / "body.safetensors"
    body = {n: t.clone() for n, t in module.state_dict().items() if not n.startswith(f"{whole.head}.")}
    save_file(body, file)
    preprocess = {"mean": whole.preprocess.mean, "std": whole.preprocess.std}
    found = backbone.load(name, weights=str(file), preprocess=preprocess, image_size=64)
    assert (found.source.num_classes, found.classifies) == (0, False)
    assert found.stage_names == whole.stage_names
    assert any("holds no classifier" in line for line in said)
    for pretrained in (True, False):
        outputs = Tapped(backbone.build(found, pretrained=pretrained), found.stages)(
            torch.zeros(1, 3, 64, 64)
        )
        assert len(outputs) == len(found.stages)


def test_a_classifier_without_sides_is_none(tmp_path):
    stored = weights.Stored("weights x", {"fc.weight": torch.tensor(1.0)})
    assert stored.outputs("fc") is None


@pytest.mark.parametrize("key", ["checkpoint_path", "pretrained_cfg", "in_chans"])
def test_options_that_would_read_files_are_refused(key):
    with pytest.raises(BackboneError, match=key):
        backbone.load("timm:resnet10t", weights="none.pth", model_kwargs={key: "x"})

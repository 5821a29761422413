"""What the package ships: small files, whole cards, a default that loads without timm, damage told in one line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import headstart
from headstart import files
from headstart.backbone import DEFAULT, build
from headstart.backbone import folder as folders
from headstart.backbone.small import Small
from headstart.errors import WeightsError
from headstart.job import options
from headstart.source.card import markdown

# Those whose weights are the project's own; lite0's are not (tests/backbone/test_lite0.py).
SHIPPED = sorted(path.parent for path in folders.SHIPPED.glob("*/model.safetensors"))
MOST_MEGABYTES = 12
CARDS = Path(__file__).parents[2] / "benchmarks" / "cards"
NOTES = {"small": ("terms.md", "frontier.md"), "demo-cnn": ("terms.md",)}


@pytest.fixture(params=SHIPPED, ids=lambda folder: folder.name)
def folder(request) -> Path:
    return request.param


def test_what_is_taken_where_no_network_is_named_is_in_the_box():
    """Calls that see no pictures take `small`; a job looks at their size (tests/job/test_default.py)."""
    assert DEFAULT == options.SMALL_BACKBONE == "small"
    assert {folder.name for folder in SHIPPED} == {"small", "demo-cnn"}
    assert folders.find(options.DEFAULT_BACKBONE) == folders.SHIPPED / "lite0"


def test_a_shipped_network_is_small_and_stored_in_half_precision(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_MEGABYTES * 1e6
    stored = load_file(folder / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values() if tensor.ndim > 1} == {torch.float16}
    assert torch.float16 not in {tensor.dtype for tensor in stored.values() if tensor.ndim <= 1}


def test_a_shipped_card_is_whole(folder):
    card = folders.read_card(folder)
    facts, text = card.training, (folder / "README.md").read_text(encoding="utf-8")
    assert card.network == folder.name
    assert card.sha256 == files.sha256(folder / "model.safetensors")
    assert len(card.source.classes) == card.source.num_classes == 202
    assert 0 < (card.source.entropy or 0) < 1
    low, high = facts["interval"]
    assert low < facts["accuracy"] < high
    assert len(facts["log"]) == facts["recipe"]["epochs"]
    said = [
        card.sha256,
        facts["command"],
        facts["data_fingerprint"],
        f"{facts['accuracy']:.4f}",
        "filters.png",
    ]
    assert all(fact in text for fact in [*said, "## Terms and limits", "research and study"])
    assert (folder / "filters.png").read_bytes().startswith(b"\x89PNG")


def test_a_shipped_card_is_what_pretrain_writes(folder):
    """And ends with the data's terms; that of the default also with what it was chosen from."""
    notes = [(CARDS / name).read_text(encoding="utf-8") for name in NOTES[folder.name]]
    expected = markdown(folders.read_card(folder), filters=True, notes="\n".join(notes))
    assert (folder / "README.md").read_text(encoding="utf-8") == expected


def test_source_statistics_cover_every_cut(folder):
    backbone = headstart.load_backbone(folder.name)
    assert set(backbone.source.statistics) == set(backbone.stage_names)
    for stage in backbone.stages:
        known = backbone.source.statistics[stage.name]
        assert len(known["mean"]) == len(known["var"]) == stage.channels
        assert np.isfinite([known["mean"], known["var"]]).all()
        assert min(known["var"]) >= 0


def test_loading_verifies_the_checksum(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged") as caught:
        headstart.load_backbone(str(copy))
    assert "\n" not in str(caught.value)
    weights.unlink()
    with pytest.raises(WeightsError, match="missing"):
        headstart.load_backbone(str(copy))


def test_loading_the_default_imports_no_timm():
    code = (
        "import sys, headstart; headstart.load_backbone(); "
        "sys.exit(', '.join(name for name in ('timm', 'torchvision') if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stderr.strip() == ""
    assert done.returncode == 0


@pytest.mark.parametrize("size", [16, 17, 32, 64, 96, 100, 128, 224])
def test_small_takes_any_size(size):
    backbone = headstart.load_backbone("small", image_size=size)
    assert backbone.stage_names == ("stem", "stage1", "stage2", "stage3", "stage4", "pre_logits")
    with torch.inference_mode():
        assert build(backbone)(torch.zeros(1, 3, size, size)).shape == (1, 202)


def test_small_s_branches_start_silent_and_its_pictures_matter():
    torch.manual_seed(0)
    network = Small(7).eval()
    assert not network.stage1.conv2[1].weight.any()
    assert not network.stage4.conv2[1].weight.any()
    with torch.inference_mode():
        first, second = network.stem(torch.randn(2, 3, 64, 64))
    assert not torch.equal(first, second)

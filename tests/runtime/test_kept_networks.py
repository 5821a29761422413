"""The converted network is kept once, made anew where it is damaged, done without where it cannot be kept."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from headstart import backbone
from headstart.backbone.folder import SHIPPED
from headstart.data.preprocess import Preprocess
from headstart.runtime import Execution, Trunk, convert, start
from headstart.runtime.convert import BINARY, NAME
from headstart.runtime.torch import TorchRuntime

OPENVINO = Execution(runtime="openvino")
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Trunk:
    """Of a backbone in a folder: what is in the box is not converted."""
    folder = shutil.copytree(SHIPPED / "demo-cnn", tmp_path_factory.mktemp("backbones") / "mine")
    network = backbone.load(str(folder))
    return Trunk(network, network.stages)


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Trunk]:
    """The jobs that were converted, with a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    module = importlib.import_module("headstart.runtime.converted")
    converted, original = [], module.convert

    def convert(job: Trunk) -> object:
        converted.append(job)
        return original(job)

    monkeypatch.setattr(module, "convert", convert)
    monkeypatch.setattr(module, "_at_hand", {})
    monkeypatch.setattr(module, "_LIGHT", -1)  # none stays compiled, so that every start asks the cache
    return converted


def _outputs(job: Trunk) -> np.ndarray:
    (outputs,) = start(job, OPENVINO).stream([PICTURES])
    return np.concatenate(outputs, axis=1)


def test_a_light_network_stays_compiled(job, conversions, monkeypatch):
    module = importlib.import_module("headstart.runtime.converted")
    monkeypatch.setattr(module, "_LIGHT", 2**26)
    assert start(job, OPENVINO) is start(job, OPENVINO)
    monkeypatch.setattr(module, "_LIGHT", -1)
    assert start(job, OPENVINO) is not start(job, OPENVINO)


def test_a_network_is_converted_once(job, conversions):
    np.testing.assert_array_equal(_outputs(job), _outputs(job))
    assert len(conversions) == 1


@pytest.mark.parametrize("part", ["network.xml", "network.bin"])
def test_a_damaged_network_is_converted_anew(part, job, conversions, tmp_path):
    before = _outputs(job)
    (kept,) = (tmp_path / "cache").rglob(part)
    kept.write_bytes(kept.read_bytes()[:40])
    np.testing.assert_array_equal(_outputs(job), before)
    np.testing.assert_array_equal(_outputs(job), before)
    assert len(conversions) == 2


def test_a_cache_that_may_not_be_written_is_done_without(job, conversions, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    np.testing.assert_array_equal(_outputs(job), _outputs(job))
    assert len(conversions) == 2


def test_an_accelerator_gets_a_network_of_its_own():
    """What runs elsewhere is a copy, so that the caller's network can still be saved and converted."""
    network = nn.Linear(2, 2)
    assert (
        TorchRuntime(network, Preprocess(64, 64, "bicubic", (0.5,) * 3, (0.5,) * 3), "meta").network
        is not network
    )
    assert network.weight.device.type == "cpu"


def test_a_network_is_written_in_the_same_bytes_whatever_was_made_before(job, tmp_path):
    written = []
    for number in range(3):
        convert.save(convert.convert(job.whole()), tmp_path / str(number))
        written.append([(tmp_path / str(number) / name).read_bytes() for name in (NAME, BINARY)])
    assert written[0] == written[1] == written[2]


def test_a_full_disk_under_the_cache_is_said_and_done_without(job, conversions, said, monkeypatch):
    """OpenVINO's own word for it is "basic_ios::clear"."""
    import openvino

    def full(*_, **__):
        raise RuntimeError("Exception from src/core/xml_util.cpp:1\nbasic_ios::clear: iostream error")

    monkeypatch.setattr(openvino, "save_model", full)
    before = _outputs(job)
    assert len([line for line in said if "the converted network is not kept: " in line]) == 1
    assert all("\n" not in line for line in said)
    monkeypatch.undo()
    np.testing.assert_array_equal(before, _outputs(job))

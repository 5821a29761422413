"""The precision of training: by the seconds of a step, kept, and without a trace on the network."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from headstart import cache
from headstart.training import precision

CPU = torch.device("cpu")


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.fixture
def seconds(monkeypatch, tmp_path):
    """seconds(fp32, bf16) sets what a step takes, on a machine that has both, with nothing kept; counts the steps."""
    taken: list[str] = []

    def set_(fp32: float, bf16: float) -> list[str]:
        def step(trial, x, name):
            taken.append(name)
            return {"fp32": fp32, "bf16": bf16}[name]

        monkeypatch.setattr(precision, "step_seconds", step)
        return taken

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(precision, "precisions", lambda device: ("fp32", "bf16"))
    return set_


@pytest.mark.parametrize(("bf16", "said"), [(0.5, "bf16"), (0.95, "fp32"), (1.5, "fp32")])
def test_the_clearly_faster_one_is_taken(network, seconds, bf16, said):
    seconds(1.0, bf16)
    assert precision.faster(network, CPU, 8) == said


def test_the_verdict_is_kept_for_the_network_its_trained_part_and_the_size(network, seconds):
    taken = seconds(1.0, 0.5)
    assert precision.faster(network, CPU, 8) == "bf16"
    seconds(1.0, 2.0)
    count = len(taken)
    assert precision.faster(network, CPU, 8) == "bf16"
    assert len(taken) == count
    assert precision.faster(network, CPU, 9) == "fp32"
    network[0].requires_grad_(False)
    assert precision.faster(network, CPU, 8) == "fp32"
    assert len(list(cache.folder("precision").glob("*.json"))) == 3


def test_the_verdict_is_said_once_for_trainings_alike(network, seconds, said):
    seconds(1.0, 0.5)
    for size in (8, 8, 9):
        precision.faster(network, CPU, size)
    assert said == ["trains in bf16: a step in bf16 takes 0.50 of the time of one in fp32 here"]


def test_a_machine_without_bfloat16_is_not_timed(network, seconds, monkeypatch):
    taken = seconds(1.0, 0.5)
    monkeypatch.setattr(precision, "precisions", lambda device: ("fp32",))
    assert precision.faster(network, CPU, 8) == "fp32"
    assert taken == []


def test_the_timing_leaves_no_trace(network, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(precision, "precisions", lambda device: ("fp32", "bf16"))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    drawn = torch.random.get_rng_state()
    precision.faster(network, CPU, 8)
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())

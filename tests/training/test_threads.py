"""In how many threads a network trains: fewer where steps are clearly faster in them at the moment."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from headstart.training import precision, threads

CPU = torch.device("cpu")
NETWORK = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.fixture
def taken(monkeypatch):
    """taken({threads: seconds of a step}) sets what steps take on a machine of eight threads; lists what was tried."""

    def set_(seconds: dict[int, float]) -> list[int]:
        tried: list[int] = []

        def step(trial, x, name):
            tried.append(torch.get_num_threads())
            return seconds[tried[-1]]

        monkeypatch.setattr(precision, "step_seconds", step)
        return tried

    with threads.bounded(8):
        yield set_


@pytest.mark.parametrize(
    ("seconds", "count"),
    [
        ({8: 1.0, 4: 1.9}, 8),  # an idle machine: half as many are clearly slower, fewer are not asked
        ({8: 0.05}, 8),  # little to gain
        ({8: 1.0, 4: 0.8, 2: 0.9, 1: 1.7}, 8),  # not clearly faster
        ({8: 15.0, 4: 15.0, 2: 4.0, 1: 2.0}, 1),
        ({8: 15.0, 4: 2.0, 2: 2.2, 1: 4.0}, 4),
    ],
)
def test_fewer_are_taken_where_a_step_is_clearly_faster_in_them(taken, seconds, count):
    tried = taken(seconds)
    assert threads.suiting(NETWORK, CPU, 8) == count
    assert set(tried) == set(seconds)
    assert torch.get_num_threads() == 8


def test_it_is_said_once_in_plain_words_and_only_where_it_is_not_all(taken, said):
    taken({8: 1.0, 4: 1.9})
    threads.suiting(NETWORK, CPU, 8)
    assert said == []
    taken({8: 15.0, 4: 15.0, 2: 4.0, 1: 2.0})
    threads.suiting(NETWORK, CPU, 8)
    threads.suiting(NETWORK, CPU, 8)
    assert said == [
        "trains in 1 of 8 threads: a step in all of them takes 7.5 times as long now, since other work shares the "
        "processors (--threads sets their number)"
    ]


def test_a_busy_moment_is_not_remembered(taken, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    taken({8: 15.0, 4: 15.0, 2: 4.0, 1: 2.0})
    assert threads.suiting(NETWORK, CPU, 8) == 1
    taken({8: 1.0, 4: 1.9})
    assert threads.suiting(NETWORK, CPU, 8) == 8
    assert not list(tmp_path.rglob("*.json"))


def test_long_steps_are_timed_once(taken):
    tried = taken({8: 15.0, 4: 16.0, 2: 17.0, 1: 18.0})
    threads.suiting(NETWORK, CPU, 8)
    assert tried == [8, 4, 2, 1]


def test_the_number_asked_for_is_taken_untimed(taken):
    tried = taken({})
    assert threads.suiting(NETWORK, CPU, 8, 3) == 3
    assert tried == []

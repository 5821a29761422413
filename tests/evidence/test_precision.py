"""bfloat16 is taken where it is faster and changes next to nothing, and never where few pictures count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headstart import backbone, data
from headstart.evidence import precision
from headstart.runtime import Execution
from tests.cli.conftest import tree

AUTO = Execution()


@pytest.fixture(scope="module")
def network():
    return backbone.load("demo-cnn")


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return data.load(tree(tmp_path / "pictures", each=20)).dataset


@pytest.fixture
def short(monkeypatch):
    """Lets the machine have bfloat16 and enough pictures be there; returns how to fake the two runs."""
    monkeypatch.setattr(precision, "FEW", 10)
    monkeypatch.setattr(precision, "precisions", lambda *_: ("fp32", "bf16"))
    monkeypatch.setattr("headstart.runtime.hardware.precisions", lambda *_: ("fp32", "bf16"))
    asked = []

    def fake(*, speed: float, noise: float) -> list[str]:
        def run(backbone, batches, how):
            name = how.precision
            asked.append(name)
            rng = np.random.default_rng(0)
            x = np.concatenate([batch.mean((2, 3)) for batch in batches])
            x = x + (noise * rng.normal(size=x.shape) if name == "bf16" else 0)
            return [x, x], 1 / speed if name == "bf16" else 1.0

        monkeypatch.setattr(precision, "_run", run)
        return asked

    return fake


def _settled(dataset, network, execution=AUTO):
    return precision.settle(dataset, np.arange(len(dataset.labels)), network, execution)


def test_few_pictures_are_run_in_fp32(dataset, network):
    execution, why = _settled(dataset, network)
    assert execution.precision == "fp32"
    assert "1,000" in why


@pytest.mark.parametrize("asked", ["fp32", "bf16"])
def test_what_is_asked_for_stays_where_the_machine_has_it(asked, dataset, network, monkeypatch):
    monkeypatch.setattr("headstart.runtime.hardware.precisions", lambda *_: ("fp32", "bf16"))
    assert _settled(dataset, network, Execution(precision=asked))[0].precision == asked
    monkeypatch.setattr("headstart.runtime.hardware.precisions", lambda *_: ("fp32",))
    execution, why = _settled(dataset, network, Execution(precision=asked))
    assert execution.precision == "fp32"
    assert ("lacks it" in why) == (asked == "bf16")


@pytest.mark.parametrize(
    ("speed", "noise", "expected"), [(3.0, 0.0, "bf16"), (3.0, 5.0, "fp32"), (1.1, 0.0, "fp32")]
)
def test_it_must_be_faster_and_agree(speed, noise, expected, short, dataset, network):
    short(speed=speed, noise=noise)
    execution, why = _settled(dataset, network)
    assert execution.precision == expected
    assert f"{speed:.1f} times" in why


def test_the_verdict_is_reached_once(short, dataset, network):
    asked = short(speed=3.0, noise=0.0)
    first, again = _settled(dataset, network), _settled(dataset, network)
    assert first == again
    assert asked == ["fp32", "bf16"] * 2


def test_other_pictures_have_a_verdict_of_their_own(short, dataset, network):
    asked = short(speed=3.0, noise=0.0)
    _settled(dataset, network)
    precision.settle(dataset, np.arange(len(dataset.labels))[1:], network, AUTO)
    assert len(asked) == 8


def test_a_damaged_verdict_is_reached_anew_and_a_lost_cache_is_no_error(
    short, dataset, network, tmp_path, monkeypatch
):
    asked = short(speed=3.0, noise=0.0)
    first = _settled(dataset, network)
    (kept,) = (tmp_path / "cache" / "headstart" / "precision").iterdir()
    kept.write_text('{"precision": "bf16"}', encoding="utf-8")
    assert _settled(dataset, network) == first
    assert len(asked) == 8


def test_pictures_that_belong_together_show_nothing(short, dataset, network):
    short(speed=3.0, noise=0.0)
    together = replace(dataset, groups=np.zeros(len(dataset.labels), np.int64))
    execution, why = _settled(together, network)
    assert execution.precision == "fp32"
    assert "belong together" in why

"""A training that takes hours must promise more than one that takes minutes."""

from __future__ import annotations

import pytest

from headstart.evidence.trial import WORTH, Trial
from headstart.evidence.verdict import Gain
from headstart.job import prepare
from headstart.job.options import Options
from headstart.planning.prospects import STEP, hours
from headstart.planning.recipe import Recipe
from tests.evidence.test_conclude import facts


def test_hours_follow_from_pictures_epochs_and_speed() -> None:
    assert hours(3_600, 10.0, Recipe(epochs=10)) == pytest.approx((1 + 10 * STEP) * 360 / 3_600)


def test_every_hour_asks_for_another_point() -> None:
    gain = Gain(0.03, 0.001)
    pays = [Trial(100, gain, takes).pays for takes in (0.0, 1.9, 2.1)]
    assert pays == [True, True, False]
    assert Trial(100, gain, 3.0).price == pytest.approx(4 * WORTH)


def test_a_slow_machine_leaves_the_network_frozen(monkeypatch) -> None:
    from headstart import load_backbone
    from headstart.evidence.conclude import conclude
    from headstart.evidence.evidence import Evidence

    measured = facts(top=0.5, low=0.8, joint=0.8)
    evidence = Evidence(measured, conclude(measured))
    assert evidence.pays
    network = load_backbone("demo-cnn")
    for rate, pays in ((1_000.0, True), (0.01, False)):
        monkeypatch.setattr("headstart.evidence.speed", lambda *_, rate=rate: rate)
        found = prepare._priced(Options(), evidence, network)
        assert found.pays == pays
    assert "hours here" in found.how["pays"]

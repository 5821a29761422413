"""The bundle's README: names of classes, networks and reasons are text in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from headstart.certainty import Certainty
from headstart.data.preprocess import Preprocess
from headstart.model import BundleInfo, card


def test_strangers_text_is_no_markup() -> None:
    nasty = "a`b|<script>\x1b[31m\n# c"
    plan = SimpleNamespace(
        backbone=nasty,
        weights_sha256="0" * 64,
        case=1,
        cut=(nasty,),
        pool="avg",
        head_layers=1,
        seed=0,
        summary=(),
        reasons=(nasty,),
    )
    prepared = Preprocess(size=32, resize=32, interpolation="bilinear", mean=(0.5,) * 3, std=(0.5,) * 3)
    model: Any = SimpleNamespace(
        plan=plan,
        backbone=SimpleNamespace(preprocess=prepared),
        classes=(nasty, "b"),
        certainty=Certainty(),
        neighbours=None,
    )
    facts = {"accuracy": 0.5, "interval": (0.4, 0.6), "n": 9}
    text = card.text(
        model,
        BundleInfo(metrics={"baselines": {nasty: facts}}, data_fingerprint="0" * 64),
        loads_in_timm=False,
    )
    assert text.count("a\\`b\\|\\<script\\>\\\\x1b\\[31m \\# c") == 5
    assert "\x1b" not in text
    assert "<script" not in text.replace("\\<script", "")

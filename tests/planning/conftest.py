"""A backbone by hand, and evidence that says what a test needs."""

from __future__ import annotations

import pytest

from headstart.backbone.backbone import Backbone, Source, Stage
from headstart.data.preprocess import Preprocess
from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import CutScore
from tests.evidence.made import made


@pytest.fixture
def backbone() -> Backbone:
    stages = (
        Stage("stem", "stem", 16, "NCHW", 2, 500),
        Stage("body.0", "body.0", 32, "NCHW", 4, 5_000),
        Stage("body.1", "body.1", 64, "NCHW", 8, 50_000),
        Stage("pre_logits", "fc", 128, "NC", 0, 0),
    )
    return Backbone(
        name="timm:handmade",
        stages=stages,
        preprocess=Preprocess(64, 72, "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        weights_sha256="0" * 64,
        source=Source("somewhere", 10),
        head="fc",
        owners={},
    )


@pytest.fixture
def evidence():
    def make(size: str, similarity: str, best: str = "body.1", n: int = 800, counts=None) -> Evidence:
        names = ("stem", "body.0", "body.1", "pre_logits")
        accuracy = {"stem": 0.6, "body.0": 0.7, "body.1": 0.8, "pre_logits": 0.75} | {best: 0.9}
        profile = tuple(CutScore(name, accuracy[name], 0.01, 0.9 - accuracy[name], 0.01) for name in names)
        return made(
            n=n,
            groups=n,
            class_counts=counts or {"a": n // 2, "b": n - n // 2},
            sampled=n,
            size=size,
            similarity=similarity,
            pays=size == "large",
            effective=n,
            typical_class=n // 2,
            profile=profile,
            best_cut=best,
            concatenated=None,
            control=0.5,
            control_error=0.01,
            curve=(),
            majority=0.5,
            entropy=None,
            source_entropy=None,
            distance=None,
            folds=5,
            how={"size": f"{size}: {n} groups", "similarity": f"{similarity}: 0.9"},
        )

    return make

"""Cuts by name: where features are taken, and how they are pooled there."""

from __future__ import annotations

from collections.abc import Sequence

from headstart import written
from headstart.backbone.backbone import Backbone


def cut_names(cut: str | Sequence[str] | None) -> tuple[str, ...]:
    """("a", "b") from "a+b", "a,b" or ["a", "b"]; () from None."""
    return () if cut is None else written.names(cut)


def pool_at(backbone: Backbone, cuts: Sequence[str]) -> str:
    """ "avgstd", mean and spread, where one of the cuts has places to pool over, else "avg"."""
    return "avgstd" if any(backbone.stage(name).spatial for name in cuts) else "avg"


def feature_names(backbone: Backbone, cuts: Sequence[str], pool: str) -> list[str]:
    """D names such as `conv2_mean_0` and `conv2_spread_0`, in the order of the columns."""
    names = []
    for stage in backbone.stages:
        if stage.name in cuts:
            kinds = ("mean", "spread") if stage.width(pool) > stage.channels else ("mean",)
            names += [f"{stage.name}_{kind}_{place}" for kind in kinds for place in range(stage.channels)]
    return names

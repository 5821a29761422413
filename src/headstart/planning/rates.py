"""Which stages of a table learn, and how fast: what a caller may ask for without editing a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from headstart.errors import PlanError
from headstart.planning.plan import Row


def scaled(
    rows: Sequence[Row], freeze_below: str | None = None, lr_scale: Mapping[str, float] | None = None
) -> tuple[Row, ...]:
    """The rows of a plan that trains, with other rates; init stays.

    freeze_below  a stage: those before it are frozen (0), it and the later ones are trained (1 where they were frozen)
    lr_scale      stage → multiplier of the recipe's rate, 0 to freeze it
    Raises PlanError for a stage that has no row, a multiplier that is none, two wishes that contradict each other,
    rows that would all be frozen, and a random row that would be.
    """
    scales = dict(lr_scale or {})
    for stage in [freeze_below] * (freeze_below is not None) + list(scales):
        _check_stage(stage, rows, "lr_scale" if stage in scales else "freeze_below")
    for stage, scale in scales.items():
        if not 0 <= scale < math.inf:
            raise PlanError(f"lr_scale: {stage} is {scale}; expected a number, 0 or more")
    found = tuple(
        replace(row, lr_scale=scales.get(row.stage, row.lr_scale))
        for row in _frozen_below(rows, freeze_below, scales)
    )
    if all(row.frozen for row in found):
        raise PlanError("lr_scale: 0 for every stage trains none; ask for case 1 or 2, or leave one above 0")
    for row in found:
        if row.frozen and row.init == "random":
            raise PlanError(
                f"{row.stage} is random and cannot be frozen; leave its rate above 0, or start pre-trained"
            )
    return found


def _check_stage(stage: str | None, rows: Sequence[Row], name: str) -> None:
    stages = [row.stage for row in rows]
    if stage not in stages:
        raise PlanError(f"{name}: {stage!r} is no stage up to the cut; expected one of {', '.join(stages)}")


def _frozen_below(
    rows: Sequence[Row], freeze_below: str | None, scales: Mapping[str, float]
) -> tuple[Row, ...]:
    if freeze_below is None:
        return tuple(rows)
    first = [row.stage for row in rows].index(freeze_below)
    for row in rows[:first]:
        if scales.get(row.stage, 0) > 0:
            raise PlanError(
                f"lr_scale: {row.stage} is {scales[row.stage]:g}, and freeze_below {freeze_below} freezes it; keep one"
            )
    if scales.get(freeze_below) == 0:
        raise PlanError(f"lr_scale: {freeze_below} is 0, and freeze_below {freeze_below} trains it; keep one")
    below = tuple(replace(row, lr_scale=0.0) for row in rows[:first])
    return (*below, *(replace(row, lr_scale=row.lr_scale or 1.0) for row in rows[first:]))

"""What is to be said of a network where pictures have another size than its own."""

from __future__ import annotations

from collections.abc import Sequence

from headstart.backbone.backbone import Stage


def shortened(name: str, size: int, stages: Sequence[Stage], trouble: str) -> str:
    """Of one whose upper layers, for the reason `trouble`, do not take `size` pixels; stages: what is left."""
    cuts = ", ".join(stage.name for stage in stages)
    return f"{name} at {size} px: the upper layers do not take this size ({trouble}); cuts left: {cuts}"


def too_small(name: str, size: int, own: Sequence[Stage]) -> list[str]:
    """Of one whose last map, at its own size, has places that stand for more than `size` pixels a side.

    own: its stages at its own size. Empty where there is nothing to be said.
    """
    coarsest = max(own, key=lambda stage: stage.reduction)
    if size >= coarsest.reduction:
        return []
    return [
        f"{name} at {size} px: too small for its layers, since a place of {coarsest.name} stands for "
        f"{coarsest.reduction} pixels a side; choose --image-size {coarsest.reduction} or more"
    ]

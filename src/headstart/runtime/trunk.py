"""Trunk: what a runtime is asked to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headstart.backbone import Backbone, Stage, boxed, build, untrained_copy
from headstart.extras import version
from headstart.files import sha256_of

if TYPE_CHECKING:
    from torch import nn


# Raised whenever a random copy's weights or statistics come out otherwise than before (backbone/untrained.py).
_COPIES = 3
# Raised whenever what runtime/built makes, or a random copy of it, comes out otherwise than before.
BUILT = 1


@dataclass(frozen=True)
class Trunk:
    """What is to be run: `backbone` through `stages` (in the network's order), pooled, with or without logits.

    pool: "avg", "avgstd", or "map": not pooled, each stage in its own layout, [B, C, H, W] and its like;
    module: a network with the backbone's anatomy but other weights (fine-tuned); draw: number of a random copy that
    takes the network's place; None for its own weights.
    """

    backbone: Backbone
    stages: Sequence[Stage]
    pool: str = "avgstd"
    logits: bool = False
    module: nn.Module | None = None
    draw: int | None = None

    def network(self, *, apart: bool = False) -> nn.Module:
        """The torch module that puts out what is asked for, in eval mode; see Tapped for `apart`."""
        from headstart.backbone.taps import Tapped

        return Tapped(self._made(), self.stages, self.pool, logits=self.logits, apart=apart).eval()

    def _made(self) -> nn.Module:
        if self.module is not None:
            return self.module
        if self.draw is None:
            return build(self.backbone)
        return self._boxed_copy(self.draw) if self.boxed else untrained_copy(self.backbone, self.draw)

    def _boxed_copy(self, draw: int) -> nn.Module:
        """The random copy that every runtime runs, in torch's module."""
        import torch

        from headstart.backbone.weights import pour
        from headstart.runtime import built

        module = build(self.backbone, pretrained=False)
        drawn = built.control(self.backbone, draw)
        pour({name: torch.from_numpy(tensor) for name, tensor in drawn.items()}, module)
        return module

    @property
    def boxed(self) -> bool:
        """Whether it is a network in the box with its own weights or random ones, which needs no torch."""
        return self.module is None and boxed.holds(self.backbone)

    def whole(self) -> Trunk:
        """All that there is to be had of the same network: what is converted and kept."""
        logits = self.draw is None and self.backbone.classifies
        return replace(self, stages=self.backbone.stages, pool="avgstd", logits=logits)

    @property
    def key(self) -> str:
        """Hash of what determines the outputs, for a network that is not given as a module.

        The levels of a data set are no part of it: they are used before the network.
        """
        assert self.module is None, "a module in memory has no key"
        cuts = ",".join(f"{stage.name}={stage.tap}" for stage in self.stages)
        # numpy draws the noise that normalisation has seen, and may draw otherwise in another version (NEP 19).
        copy = "" if self.draw is None else f"{self.draw} {_COPIES} {version('numpy')}"
        network = self.backbone.with_levels(None).key
        return sha256_of(network, cuts, self.pool, str(self.logits), copy, *self._makers())

    def _makers(self) -> list[str]:
        """Versions of what makes the network."""
        if self.boxed:
            return [f"built {BUILT}", version("openvino")]
        return [version(package) for package in ("torch", "timm", "torchvision", "openvino")]

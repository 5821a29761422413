"""Job: what a runtime is asked to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.backbone import Backbone, Stage, build

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Job:
    """What is to be run: `backbone` through `stages` (in the network's order), pooled, with or without logits.

    module: a network with the backbone's anatomy but other weights (fine-tuned, random); None for its own.
    """

    backbone: Backbone
    stages: Sequence[Stage]
    pool: str = "avgstd"
    logits: bool = False
    module: nn.Module | None = None

    def network(self) -> nn.Module:
        """The torch module that puts out what the job asks for, in eval mode."""
        from headstart.backbone.taps import Tapped

        module = build(self.backbone) if self.module is None else self.module
        return Tapped(module, self.stages, self.pool, logits=self.logits).eval()

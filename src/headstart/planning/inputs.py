"""What a plan puts into its head, and how its frozen network runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headstart import progress
from headstart.backbone import Backbone
from headstart.extraction import Features
from headstart.planning.plan import Plan
from headstart.runtime import Execution, Resolved, resolve


def joined(features: Features, backbone: Backbone, plan: Plan) -> np.ndarray:
    """float32 [N, D]: the plan's cuts side by side, pooled as it says; what enters the head."""
    channels = {stage.name: stage.channels for stage in backbone.stages}
    cuts = [name for name in backbone.stage_names if name in plan.cut]
    with progress.bar("joining cuts", len(cuts)) as bar:
        found = features.at(cuts, plan.pool, channels)
        bar.advance(len(cuts))
    return found


def widths(backbone: Backbone, plan: Plan) -> list[int]:
    """The columns of each cut in joined()."""
    return [stage.width(plan.pool) for stage in backbone.stages if stage.name in plan.cut]


def execution_of(plan: Plan, execution: Execution | Resolved | None = None) -> Resolved:
    """How the plan's frozen network runs here: as `execution` says; where that says "auto", as the plan does.

    Raises BackboneError where this machine lacks the device.
    """
    execution = execution or Execution()
    if isinstance(execution, Execution) and execution.runtime == "auto":
        execution = replace(execution, runtime=plan.runtime)
    return resolve(execution, precision=plan.precision)

"""The parts of a drawn network: its stages, and what a plan freezes, trains, drops and adds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.planning import table
from headstart.report.words import count

if TYPE_CHECKING:
    from headstart.backbone.backbone import Backbone, Stage
    from headstart.planning.plan import Plan
    from headstart.planning.table import TableRow

# Status → the sign that stands for it, so that nothing hangs on colour.
SIGNS = {"pretrained": "■", "frozen": "❄", "trained": "●", "scratch": "○", "new": "◆", "dropped": "✕"}
WORDS = {
    "pretrained": "pre-trained",
    "frozen": "frozen",
    "trained": "trained",
    "scratch": "trained from random",
    "new": "new",
    "dropped": "sliced off",
}
SLICE = "✂"
CLASSIFIER = "classifier"  # the network's own, which a new head replaces


@dataclass(frozen=True)
class Part:
    """One stretch of the drawing. `stage` is None for a head; `cut`: its output enters the new head; `each`: the
    parameters are those for each class, since their number is not known."""

    name: str
    status: str
    stage: Stage | None
    init: str
    lr_scale: float | None
    parameters: int | None
    cut: bool = False
    each: bool = False

    @property
    def words(self) -> str:
        """The status in words."""
        return WORDS[self.status] + (", for each class" if self.each else "")

    @property
    def sign(self) -> str:
        return SIGNS[self.status]


def parts(plan: Plan | None, backbone: Backbone, classes: int | None = None) -> tuple[Part, ...]:
    """The network in the order of drawing: what stays, the new head, then what is sliced off.

    Without a plan: the network as it comes, with its own classifier. Without the number of `classes` the new head has
    the parameters of one class; those of two layers are then not known, whose width follows the number.
    """
    if plan is None:
        stages = [Part(s.name, "pretrained", s, "pretrained", None, s.parameters) for s in backbone.stages]
        return (*stages, Part(CLASSIFIER, "pretrained", None, "pretrained", None, None))
    each = classes is None and plan.head_layers == 1
    *stages, head = table.rows(plan, backbone, n_classes=1 if each else classes)
    every = [_part(row, plan, backbone) for row in stages]
    kept = [part for part in every if part.status != "dropped"]
    solved_once = plan.frozen and plan.head_start == "solved"
    rate = None if solved_once else head.lr_scale
    new = Part("new head", "new", None, plan.head_start, rate, head.parameters, each=each)
    return (*kept, new, *every[len(kept) :], Part(CLASSIFIER, "dropped", None, "", None, None))


def _part(row: TableRow, plan: Plan, backbone: Backbone) -> Part:
    status = "scratch" if row.status == "trained" and row.init == "random" else row.status
    stage, cut = backbone.stage(row.stage), row.stage in plan.cut
    return Part(row.stage, status, stage, row.init or "", row.lr_scale, row.parameters, cut)


def width_of_cut(plan: Plan, backbone: Backbone) -> int:
    """Length D of the vector that enters the head."""
    return sum(backbone.stage(cut).width(plan.pool) for cut in plan.cut)


def rate(part: Part) -> str:
    return f" × {part.lr_scale:.2g}" if part.stage is not None and part.lr_scale else ""


def shape(part: Part) -> tuple[str, str]:
    """Channels, and how much smaller than the input the map is; "" for what has none."""
    if part.stage is None:
        return "", ""
    return count(part.stage.channels), f"1/{part.stage.reduction}" if part.stage.reduction else ""


def reach(stage: Stage | None, side: int, most: int) -> int:
    """Half the bar, 1 to `most`: the side of the map on a log scale, where the input would be `most`."""
    if stage is None or not stage.spatial:
        return 1
    if not stage.reduction:
        return most // 2
    places = max(side / stage.reduction, 1)
    return max(1, round(most * math.log2(places + 1) / math.log2(side + 1)))

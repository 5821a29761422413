"""The network, drawn: its stages from input to output, and what a plan freezes, trains, drops and adds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.counts import plural
from headstart.plan import table
from headstart.report import svg
from headstart.report.svg import Svg
from headstart.report.words import count, short
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.backbone.backbone import Backbone, Stage
    from headstart.plan.plan import Plan
    from headstart.plan.table import TableRow

# Status → the sign that stands for it, so that nothing hangs on colour; and the ink of its bar in a terminal.
SIGNS = {"pretrained": "■", "frozen": "❄", "trained": "●", "scratch": "○", "new": "◆", "dropped": "✕"}
_INK = {"pretrained": "█", "frozen": "▓", "trained": "█", "scratch": "▒", "new": "█", "dropped": "░"}
_WORDS = {
    "pretrained": "pre-trained",
    "frozen": "frozen",
    "trained": "trained",
    "scratch": "trained from random",
    "new": "new",
    "dropped": "dropped",
}
_SLICE = "✂"
_BAR, _NAME = 16, 24  # columns of a terminal: the widest bar, the longest name
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
        return _WORDS[self.status] + (", for each class" if self.each else "")

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


def draw(plan: Plan | None, backbone: Backbone, classes: int | None = None) -> str:
    """The network as text for a terminal, one line per stage; a bar's width follows the map's (log scale).

    plan: what is to become of the stages, or None; classes: number of new classes, where known.
    """
    side = backbone.preprocess.size if plan is None else plan.image_size
    every, source = parts(plan, backbone, classes), backbone.source
    room = max(len(svg.shortened(part.name, _NAME)) for part in every)
    # Where the input is too small for the classifier, none is left whose classes could be counted.
    counted = f" ({plural(source.num_classes, 'class', 'classes')})" if source.num_classes else ""
    lines = [
        f"{plain(backbone.name)}, learnt on {plain(source.dataset)}{counted}, "
        f"{short(sum(stage.parameters for stage in backbone.stages))} parameters below its classifier",
        f"   {f'{side} × {side}':^{_BAR}}  {'stage':<{room}}  {'width':>5}  {'scale':>5}  {'weights':>7}",
    ]
    for part in every:
        lines.append(_text_row(part, side, room))
        if part.status == "new" and plan is not None:
            lines.append(
                f"{_SLICE}  {'┄ ' * (_BAR // 2)} cut at {plain(' + '.join(plan.cut))}: {_entering(plan, backbone)}"
            )
    present = [status for status in SIGNS if status in {part.status for part in every}]
    lines += ["", "   ".join(f"{SIGNS[status]} {_WORDS[status]}" for status in present)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _text_row(part: Part, side: int, room: int) -> str:
    bar = _INK[part.status] * (2 * _reach(part.stage, side, _BAR // 2))
    channels, reduction = _shape(part)
    name, weights = svg.shortened(part.name, _NAME), short(part.parameters)
    facts = f"{name:<{room}}  {channels:>5}  {reduction:>5}  {weights:>7}"
    mark = "  → head" if part.cut else ""
    return f"{part.sign}  {bar:^{_BAR}}  {facts}  {part.words}{_rate(part)}{mark}"


def _rate(part: Part) -> str:
    return f" × {part.lr_scale:.2g}" if part.stage is not None and part.lr_scale else ""


def _shape(part: Part) -> tuple[str, str]:
    """Channels, and how much smaller than the input the map is; "" for what has none."""
    if part.stage is None:
        return "", ""
    return count(part.stage.channels), f"1/{part.stage.reduction}" if part.stage.reduction else ""


def _entering(plan: Plan, backbone: Backbone) -> str:
    spread = " (means and spreads)" if plan.pool == "avgstd" else ""
    return f"{plural(width_of_cut(plan, backbone), 'value')}{spread} enter the head"


def _reach(stage: Stage | None, side: int, most: int) -> int:
    """Half the bar, 1 to `most`: the side of the map on a log scale, where the input would be `most`."""
    if stage is None or not stage.spatial:
        return 1
    if not stage.reduction:
        return most // 2
    places = max(side / stage.reduction, 1)
    return max(1, round(most * math.log2(places + 1) / math.log2(side + 1)))


_PITCH, _MIDDLE, _TALL = 76, 58, 60


def picture(plan: Plan | None, backbone: Backbone, classes: int | None = None) -> Svg:
    """The same drawing as SVG, left to right; a block's height is its map's side, its width the channels."""
    side = backbone.preprocess.size if plan is None else plan.image_size
    every = parts(plan, backbone, classes)
    marks: list[Svg] = []
    x = 4.0
    for part in every:
        marks.append(_block(part, x, side))
        x += _PITCH
        if part.status == "new":
            marks.append(svg.path([(x + 4, 2), (x + 4, 148)], "slice"))
            marks.append(svg.text(x + 4, 166, _SLICE, "sign", "middle"))
            x += 10
    said = "; ".join(f"{part.name}: {part.words}" for part in every)
    return svg.drawing(x + 4, 172, f"The network, stage by stage. {said}", *marks, class_="network")


def _block(part: Part, x: float, side: int) -> Svg:
    height = 2.0 * _reach(part.stage, side, _TALL) if part.stage is not None and part.stage.spatial else 96.0
    width = (
        min(8 + 4.5 * math.log2(part.stage.channels), 60)
        if part.stage is not None and part.stage.spatial
        else 18
    )
    centre = x + _PITCH / 2
    channels, reduction = _shape(part)
    note = " · ".join(fact for fact in (channels, reduction) if fact) or part.words
    return svg.group(
        svg.rect(centre - width / 2, _MIDDLE - height / 2, width, height, part.status, rx=3),
        svg.text(centre, _MIDDLE + 5, part.sign + "\ufe0e", f"sign on-{part.status}", "middle"),
        svg.text(centre, 130, svg.shortened(part.name, 11), "stage-name", "middle"),
        svg.text(centre, 145, note, "tick", "middle"),
        svg.text(centre, 160, short(part.parameters) if part.parameters else "", "tick", "middle"),
        svg.title(f"{part.name}: {part.words}{_rate(part)}, {short(part.parameters)} parameters"),
    )

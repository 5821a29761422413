"""The network as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headstart.counts import plural
from headstart.report import svg
from headstart.report.parts import SIGNS, SLICE, WORDS, Part, parts, rate, reach, shape, width_of_cut
from headstart.report.words import short
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.backbone.backbone import Backbone
    from headstart.planning.plan import Plan

_INK = {
    "pretrained": "█",
    "frozen": "▓",
    "trained": "█",
    "scratch": "▒",
    "new": "█",
    "dropped": "░",
}  # of the bars
_BAR, _NAME = 16, 24  # columns: the widest bar, the longest name


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
                f"{SLICE}  {'┄ ' * (_BAR // 2)} cut at {plain(' + '.join(plan.cut))}: {_entering(plan, backbone)}"
            )
    present = [status for status in SIGNS if status in {part.status for part in every}]
    lines += ["", "   ".join(f"{SIGNS[status]} {WORDS[status]}" for status in present)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _text_row(part: Part, side: int, room: int) -> str:
    bar = _INK[part.status] * (2 * reach(part.stage, side, _BAR // 2))
    channels, reduction = shape(part)
    name, weights = svg.shortened(part.name, _NAME), short(part.parameters)
    facts = f"{name:<{room}}  {channels:>5}  {reduction:>5}  {weights:>7}"
    mark = "  → head" if part.cut else ""
    return f"{part.sign}  {bar:^{_BAR}}  {facts}  {part.words}{rate(part)}{mark}"


def _entering(plan: Plan, backbone: Backbone) -> str:
    spread = " (means and spreads)" if plan.pool == "avgstd" else ""
    return f"{plural(width_of_cut(plan, backbone), 'value')}{spread} enter the head"

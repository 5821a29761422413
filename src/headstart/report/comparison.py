"""The strategies of a comparison under each other: one SVG file, read by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headstart.report import svg
from headstart.report.dots import Dot, dots
from headstart.report.words import percent

if TYPE_CHECKING:
    from headstart.study.outcome import Standing

_STYLE = """
svg { background: #fff; font: 12px system-ui, sans-serif; fill: #1d2b36 }
.grid { stroke: #e3e8ec } .track { stroke: #eef1f4 } .tick { fill: #64717c; font-size: 11px }
.whisker { stroke: #8a99a6; stroke-width: 3 } .point { fill: #8a99a6 }
.model .whisker { stroke: #2a6f97 } .model .point { fill: #2a6f97 } .model .dot-label { font-weight: 600 }
.point { stroke: #8a99a6; stroke-width: 2 } .model .point { stroke: #2a6f97 } .provisional .point { fill: #fff }
"""


def figure(standings: Sequence[Standing]) -> str:
    """SVG. The plan's choice is coloured; intervals are those of 95 %.

    What time was too short for, and had a share of its epochs only, is hollow and says its share.
    """
    drawing = dots([_dot(row) for row in standings], whole=True)
    style = svg.element("style", svg.Svg(_STYLE))
    opened, closed = drawing.partition(">")[0], drawing.partition(">")[2]
    return f'{opened} xmlns="http://www.w3.org/2000/svg">{style}{closed}\n'


def _dot(row: Standing) -> Dot:
    said = ["the plan's choice"] if row.chosen else []
    if row.share < 1:
        said.append(f"provisional: {percent(row.share, 0)} of its epochs")
    label = f"{row.name} ({'; '.join(said)})" if said else row.name
    kind = ("model" if row.chosen else "other") + (" provisional" if row.share < 1 else "")
    return Dot(label, row.accuracy, row.interval, row.n, row.groups, kind)

"""The strategies of a comparison under each other: one SVG file, read by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.report import svg
from headstart.report.figures import Dot, dots

_STYLE = """
svg { background: #fff; font: 12px system-ui, sans-serif; fill: #1d2b36 }
.grid { stroke: #e3e8ec } .track { stroke: #eef1f4 } .tick { fill: #64717c; font-size: 11px }
.whisker { stroke: #8a99a6; stroke-width: 3 } .point { fill: #8a99a6 }
.model .whisker { stroke: #2a6f97 } .model .point { fill: #2a6f97 } .model .dot-label { font-weight: 600 }
"""


def figure(rows: Sequence[Mapping[str, Any]], split: str) -> str:
    """rows: of Comparison.rows(). The plan's choice is coloured; intervals are those of 95 %."""
    marks = [
        Dot(
            f"{row['name']} (the plan's choice)" if row["chosen"] else row["name"],
            row["accuracy"],
            (row["interval"][0], row["interval"][1]),
            row["n"],
            row["groups"],
            "model" if row["chosen"] else "other",
        )
        for row in rows
    ]
    drawing = dots(marks)
    style = svg.element("style", svg.Svg(_STYLE))
    opened, closed = drawing.partition(">")[0], drawing.partition(">")[2]
    return f'{opened} xmlns="http://www.w3.org/2000/svg">{style}{closed}\n'

"""Seconds as horizontal bars on a logarithmic scale: an SVG in the report's manner."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

LEFT, WIDTH, ROW = 190, 470, 26


def bars(seconds: Mapping[str, float]) -> str:
    """One bar for each name, the slowest below; a bar twice as long is not twice the seconds: decades are marked."""
    ordered = sorted(seconds.items(), key=lambda pair: pair[1])
    least = 10 ** math.floor(math.log10(ordered[0][1]))
    decades = math.log10(ordered[-1][1] / least) * 1.08
    height = ROW * len(ordered) + 34

    def place(value: float) -> float:
        return LEFT + WIDTH * math.log10(value / least) / decades

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 70} {height}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#222">',
        "<title>Seconds of whole runs, logarithmic scale</title>",
    ]
    mark = least
    while place(mark) <= LEFT + WIDTH:
        x = place(mark)
        parts.append(f'<line x1="{x:.1f}" y1="8" x2="{x:.1f}" y2="{height - 24}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" fill="#666">{mark:g} s</text>')
        mark *= 10
    for row, (name, value) in enumerate(ordered):
        y = 10 + ROW * row
        colour = "#2a6f97" if name.startswith("headstart") else "#b8c4cc"
        parts.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<rect x="{LEFT}" y="{y}" width="{max(1.0, place(value) - LEFT):.1f}" height="18" rx="2" fill="{colour}"/>'
        )
        parts.append(f'<text x="{place(value) + 6:.1f}" y="{y + 14}">{value:.1f}</text>')
    return "\n".join([*parts, "</svg>\n"])

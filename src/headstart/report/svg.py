"""SVG from small pure functions: elements that escape what they are given, and scales from data to places.

Colours and line styles live in the page's style sheet (`templates/report.css`), reached by class names, so
that one drawing serves light and dark. Names come from strangers' folders: every text is escaped here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# What XML forbids, and the marks that turn the direction of the text around them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class Svg(str):
    """Markup that is escaped already; jinja2 takes it over as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def clean(text: str) -> str:
    """`text` with everything that cannot be shown replaced by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def element(tag: str, *children: object, **attributes: object) -> Svg:
    """One element. Children that are no Svg are escaped; `class_` reads class, `text_anchor` text-anchor."""
    facts = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(clean(_value(value)))}"'
        for name, value in attributes.items()
        if value is not None
    )
    body = "".join(child if isinstance(child, Svg) else escape(clean(str(child))) for child in children)
    return Svg(f"<{tag}{facts}>{body}</{tag}>")


def _value(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def group(*children: object, **attributes: object) -> Svg:
    return element("g", *children, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Svg:
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=class_)


def text(x: float, y: float, words: object, class_: str = "", anchor: str = "start", **more: object) -> Svg:
    return element("text", words, x=float(x), y=float(y), class_=class_ or None, text_anchor=anchor, **more)


def rect(
    x: float, y: float, width: float, height: float, class_: str, *inside: object, **more: object
) -> Svg:
    place = {"x": float(x), "y": float(y), "width": float(width), "height": float(height)}
    return element("rect", *inside, **place, class_=class_, **more)


def circle(x: float, y: float, radius: float, class_: str, *inside: object) -> Svg:
    return element("circle", *inside, cx=float(x), cy=float(y), r=float(radius), class_=class_)


def path(points: Sequence[tuple[float, float]], class_: str) -> Svg:
    """A line through `points`."""
    return element("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points), class_=class_)


def title(words: str) -> Svg:
    """What is shown when the pointer rests on the element that this stands in."""
    return element("title", words)


def drawing(
    width: float, height: float, label: str, *children: object, class_: str = "", role: str = "img"
) -> Svg:
    """A whole picture that scales with the page; `label` says in words what it shows. role: "group" where parts of it
    are links."""
    return element(
        "svg",
        *children,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        role=role,
        aria_label=label,
        class_=f"drawing {class_}".strip(),
    )


def shortened(name: str, length: int) -> str:
    """`name`, or its start and its end around an ellipsis where it is longer than `length`."""
    if len(name) <= length:
        return name
    tail = (length - 1) // 3
    return f"{name[: length - 1 - tail]}…{name[len(name) - tail :]}"


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` on places from `start` to `stop`; on a log scale both must be > 0."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self._curve(self.low), self._curve(self.high)
        share = (self._curve(value) - low) / (high - low) if high != low else 0.5
        return self.start + share * (self.stop - self.start)

    def _curve(self, value: float) -> float:
        return math.log(value) if self.log else value


def steps(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` + 1 round numbers from `low` to `high`, evenly spaced."""
    rough = (high - low) / most
    if rough <= 0:
        return [low]
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]

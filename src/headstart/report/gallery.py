"""The page of `headstart review`: what was found, kind by kind, the worst first; it needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headstart.errors import PictureError
from headstart.report import thumbnails
from headstart.screening import words
from headstart.screening.finding import KINDS, WRONG, Finding, Reviewed
from headstart.screening.table import FIRST

if TYPE_CHECKING:
    from headstart.data.dataset import Dataset
    from headstart.data.depth import Levels
    from headstart.data.given import Given

MOST = 48  # of one kind; the table has them all


@dataclass(frozen=True)
class Card:
    """A finding as it is shown. row: its row in the table, 0 for none; images: (what it is, its data URI or None)."""

    finding: Finding
    row: int
    name: str
    images: tuple[tuple[str, str | None], ...]

    @property
    def sure(self) -> float | None:
        """How sure it is that the label is wrong; None for findings of other kinds."""
        return self.finding.score if self.finding.kind == WRONG else None


@dataclass(frozen=True)
class Kind:
    """The findings of one kind: `cards` of the `count` that there are, what to do, where the line was drawn."""

    name: str
    headline: str
    advice: str
    limit: str
    count: int
    cards: tuple[Card, ...]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.cards)

    @property
    def anchor(self) -> str:
        return self.name.replace(" ", "-")


def kinds(found: Reviewed, dataset: Dataset, levels: Levels | None, most: int = MOST) -> tuple[Kind, ...]:
    """What there is to show; a picture that cannot be read is named instead. Raises nothing of its own."""
    held = dict(zip(dataset.paths, dataset.pictures, strict=True))
    rows = {id(one): row for row, one in enumerate(found.findings, start=FIRST)}
    shown = []
    for kind in KINDS:
        some = found.of(kind)
        if some:
            cards = tuple(_card(one, rows[id(one)], held, levels) for one in some[:most])
            limit = found.limits.get(kind, "")
            shown.append(
                Kind(kind, words.headline(kind, len(some)), words.ADVICE[kind], limit, len(some), cards)
            )
    return tuple(shown)


def _card(one: Finding, row: int, held: Mapping[str, str | Given], levels: Levels | None) -> Card:
    paths: Sequence[str] = [one.path, *([one.other] if one.other else [])]
    return Card(one, row, _name(one.path), tuple((path, _image(held.get(path), levels)) for path in paths))


def _name(path: str) -> str:
    return os.path.basename(path.rpartition("!")[2])


def _image(picture: str | Given | None, levels: Levels | None) -> str | None:
    try:
        return None if picture is None else thumbnails.data_uri(picture, levels)
    except PictureError:
        return None


def render(
    title: str, found: Reviewed, dataset: Dataset, *, levels: Levels | None, table: str, command: str
) -> str:
    """The page as HTML. title: the data's name; table: the file to fill in; command: what takes it afterwards."""
    from importlib.metadata import version

    from headstart.report.page import environment

    context: dict[str, Any] = {
        "title": title,
        "found": found,
        "classes": len(dataset.classes),
        "kinds": kinds(found, dataset, levels),
        "lines": tuple(words.lines(found)),
        "judged": words.judged(found),
        "table": table,
        "command": command,
        "version": version("headstart"),
    }
    return environment().get_template("review.html").render(context)

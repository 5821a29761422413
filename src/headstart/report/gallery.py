"""The page of `headstart review`: what was found, kind by kind, the worst first; it needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headstart.report.thumbnails import Album, Thumbnail
from headstart.screening import words
from headstart.screening.finding import KINDS, WRONG, Finding, Reviewed
from headstart.screening.table import FIRST

if TYPE_CHECKING:
    from headstart.data.depth import GreyLevels

MOST = 48  # of one kind; the table has them all


@dataclass(frozen=True)
class Card:
    """A finding as it is shown. row: its row in the table; images: the picture, and the one that it is like."""

    finding: Finding
    row: int
    images: tuple[Thumbnail, ...]

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


def kinds(found: Reviewed, album: Album, most: int = MOST) -> tuple[Kind, ...]:
    """What there is to show, at most `most` of a kind; a picture that cannot be read is named instead."""
    rows = {id(one): row for row, one in enumerate(found.findings, start=FIRST)}
    shown = []
    for kind in KINDS:
        some = found.of(kind)
        if some:
            cards = tuple(_card(one, rows[id(one)], found, album) for one in some[:most])
            limit = found.limits.get(kind, "")
            said = words.headline(kind, len(some)), words.ADVICE[kind]
            shown.append(Kind(kind, *said, limit, len(some), cards))
    return tuple(shown)


def _card(one: Finding, row: int, found: Reviewed, album: Album) -> Card:
    paths = [one.path, *([one.other] if one.other else [])]
    return Card(one, row, tuple(album.thumbnail(found.held.get(path, path)) for path in paths))


def render(title: str, found: Reviewed, *, levels: GreyLevels | None, classes: int, command: str) -> str:
    """The page as HTML. title: the data's name; classes: how many; command: what takes the table once filled in."""
    from importlib.metadata import version

    from headstart.report.page import environment

    context: dict[str, Any] = {
        "title": title,
        "found": found,
        "classes": classes,
        "kinds": kinds(found, Album(levels)),
        "lines": tuple(words.lines(found)),
        "judged": words.judged(found),
        "command": command,
        "version": version("headstart"),
    }
    return environment().get_template("review.html").render(context)

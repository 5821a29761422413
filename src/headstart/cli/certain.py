"""How predict tells how sure its answers are: sets of classes, and pictures that are none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from headstart.cli import show, values
from headstart.counts import percent

if TYPE_CHECKING:
    from headstart.job.predict import Ranked

NONE = "none of these"


def coverage(add: Callable[..., Any]) -> None:
    """The flag."""
    add(
        "--coverage",
        type=values.share,
        metavar="SHARE",
        help="name as many classes as it takes to hold the right one so often, such as 0.9",
    )


def line(one: Ranked) -> str:
    """Its classes with confidences; first, where that is another answer, what was asked for or that it is none."""
    first = []
    if one.out_of_place:
        first.append(f"{NONE} (unlike the training pictures)")
    if one.certain:
        first.append(
            f"{show.plain(one.certain.label) or 'any of them'}, {percent(one.certain.confidence, 0)}:"
        )
    if one.decided is not None:
        first.append(f"called {show.plain(one.decided)}:")
    if one.among is not None and not one.out_of_place:
        first.append(f"{{{', '.join(show.plain(name) for name in one.among)}}}")
    ranked = (f"{show.plain(answer.label)} {answer.confidence:.3f}" for answer in one.top)
    return "   ".join((*first, *ranked))


def table(ranked: Sequence[Ranked]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """(heading, rows): a row for each class of each picture; columns beside where they were asked for."""
    columns = {
        "decided": lambda one, _: one.decided,
        "certain": lambda one, _: one.certain and one.certain.label,
        "in_set": lambda one, answer: None if one.among is None else _word(answer.label in one.among),
        "out_of_place": lambda one, _: _word(one.out_of_place),
    }
    more = {
        name: of for name, of in columns.items() if any(of(one, one.top[0]) is not None for one in ranked)
    }
    rows = [
        (one.path, rank, answer.label, answer.confidence, *(of(one, answer) for of in more.values()))
        for one in ranked
        for rank, answer in enumerate(one.top, 1)
    ]
    return ("path", "rank", "label", "confidence", *more), rows


def _word(said: bool | None) -> str | None:
    return None if said is None else "yes" if said else "no"

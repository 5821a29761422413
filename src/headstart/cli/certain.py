"""How predict tells how sure its answers are: sets of classes, and pictures that are none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from headstart.cli import show, values

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
    """Its classes with confidences; first, where that is so, that it is none of them, or which the set names."""
    top = "   ".join(f"{show.plain(answer.label)} {answer.confidence:.3f}" for answer in one.top)
    if one.out_of_place:
        return f"{NONE} (unlike the training pictures)   {top}"
    if one.among is None:
        return top
    return f"{{{', '.join(show.plain(name) for name in one.among)}}}   {top}"


def table(ranked: Sequence[Ranked]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """(heading, rows): a row for each class of each picture."""
    sets = any(one.among is not None for one in ranked)
    head = ("path", "rank", "label", "confidence", "out_of_place", *(["in_set"] if sets else []))
    rows = [
        (
            one.path,
            rank,
            answer.label,
            answer.confidence,
            _word(one.out_of_place),
            *([_word(answer.label in (one.among or ()))] if sets else []),
        )
        for one in ranked
        for rank, answer in enumerate(one.top, 1)
    ]
    return head, rows


def _word(said: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[said]

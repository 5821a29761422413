"""What an evaluation says, by itself and beside its baselines, made from values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from headstart.assess.baseline import Baseline
from headstart.counts import percent, pictures, plural

if TYPE_CHECKING:
    from headstart.assess.hindsight import Hindsight
    from headstart.assess.summary import Beside, ClassFound, Summary

_LISTED = 5  # classes that are named one by one
# Baseline → what it is, for people without statistics.
_BASELINES = {
    "majority class": "Always naming the class that is most frequent in training",
    "random weights": "The same network with layers that have learnt nothing",
}
# Baseline → what to do where the model is not surely better.
_ADVICE = {
    "majority class": "look whether the folders hold what their names say, and add pictures of the rarer classes",
    "random weights": "add pictures, or try another network (--backbone)",
}


def against(baselines: Iterable[Baseline]) -> str:
    """What can be said against the baselines; "" without any."""
    return " ".join(map(_sentence, baselines))


def _sentence(one: Baseline) -> str:
    ahead = f"{100 * one.lead:+.1f}"
    if one.lead_error is None:
        return f"{ahead} points against “{one.name}”, on one group of pictures: no gain is shown."
    said = "a clear gain" if one.clear else "no gain is shown"
    on = one.how or "on the same pictures"
    return f"{ahead} ± {100 * one.lead_error:.1f} points against “{one.name}” {on}: {said}."


def afterwards(ways: Iterable[Hindsight], called: Callable[[str], str]) -> str:
    """Every way that was tried on the report pictures, by what `called` calls it; "" where there is but one."""
    every = sorted(ways, key=lambda one: one.lead is not None)
    if len(every) < 2:
        return ""
    kept, *others = every
    each = "; ".join(f"{called(one.name)} {_points(one)}" for one in others)
    return (
        f"Looked at after the choice, on the same new pictures: {called(kept.name)} (kept) "
        f"{percent(kept.accuracy)}; {each}."
    )


def _points(one: Hindsight) -> str:
    said = percent(one.accuracy)
    if one.apart:
        return f"{said}, {'better' if (one.lead or 0) > 0 else 'worse'}"
    return f"{said}, not to be told apart"


def headline(found: Summary) -> str:
    """The one sentence that everybody reads."""
    return f"Names {found.of_hundred} of 100 new pictures rightly ({found.low} to {found.high})."


def plainly(found: Summary) -> list[str]:
    """What stands below headline(): what was tried, against what, and where it is weak."""
    seen, wrong = pictures(found.pictures, found.groups), found.pictures - found.right
    tried = f"Tried on {seen} that it had not seen: {found.right:,} right, {wrong:,} wrong."
    lines = [tried, *map(_beside, found.beside)]
    if found.never:
        them = "it" if len(found.never) == 1 else "them"
        lines.append(f"Never found: {_listed(found.never)}. More pictures of {them} would help most.")
    if found.weakest:
        lines.append(_weakest(found.weakest))
    return lines


def _beside(one: Beside) -> str:
    said = f"{_BASELINES.get(one.name, one.name)}: {one.of_hundred} of 100."
    if one.clear:
        return said
    found = "It did better here" if one.ahead else "So few pictures show no difference"
    return f"{said} {found}: {_ADVICE.get(one.name, 'add pictures')}."


def _listed(classes: Iterable[ClassFound]) -> str:
    every = [f"“{one.name}” ({pictures(one.pictures)}, {_taken(one)})" for one in classes]
    rest = len(every) - _LISTED
    return ", ".join(every[:_LISTED]) + (
        f" and {plural(rest, 'more class', 'more classes')}" if rest > 0 else ""
    )


def _taken(one: ClassFound) -> str:
    """What the pictures of a class that was never found were called."""
    often = "" if one.mistaken == one.pictures else "mostly "
    return f"{often}called “{one.called}”"


def _weakest(one: ClassFound) -> str:
    missed = one.pictures - one.found
    if missed == 1:
        called = "the other was"
    elif one.mistaken == missed:
        called = "the others were"
    else:
        called = f"{one.mistaken:,} of the other {missed:,} {'was' if one.mistaken == 1 else 'were'}"
    return f"Weakest class: “{one.name}”, {one.found:,} of {one.pictures:,} found; {called} called “{one.called}”."

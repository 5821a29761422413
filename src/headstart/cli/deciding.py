"""Flags of how a class is chosen, and of taxonomies; and what came of both, in lines."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from headstart.cli import show, values
from headstart.cli.options import Parser, group
from headstart.counts import percent, pictures, plural
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.assess.levels import Levels, Node
    from headstart.assess.points import Curve, Points
    from headstart.intervals import Score


def deciding() -> Parser:
    """--sensitivity --cost --points"""
    parent, add = group("how a class is chosen (the likeliest)")
    add(
        "--sensitivity",
        action="append",
        type=sensitivity,
        metavar="CLASS=SHARE",
        help="call a picture so from the probability on that finds this share of the class; may be repeated",
    )
    add(
        "--cost",
        action="append",
        metavar="TRUE:CALLED=COST",
        help="of this mistake (1), or a table true,called,cost: the answer costs least; may be repeated",
    )
    points(add)
    return parent


def points(add: Callable[..., Any]) -> None:
    """--points"""
    add(
        "--points",
        metavar="[CLASS=]FILE",
        help="people beside the curve: a table name,sensitivity,specificity or name,picture,answer",
    )


def taxonomy() -> Parser:
    """--taxonomy --most-per-class"""
    parent, add = group("taxonomy (none)")
    add(
        "--taxonomy",
        metavar="TREE",
        help="a tree over the classes: a YAML or JSON file, folders (nested ones), or column:NAME of a table",
    )
    add(
        "--most-per-class",
        type=values.whole(1),
        metavar="N",
        help="classes are the nodes of the tree with fewer training pictures than N, or its leaves",
    )
    return parent


def sure(add: Callable[..., Any]) -> None:
    """--sure"""
    add(
        "--sure",
        type=values.share,
        metavar="SHARE",
        help="answer with the finest name of the bundle's taxonomy that it is so sure of, such as 0.9",
    )


def sensitivity(text: str) -> tuple[str, float]:
    """CLASS=SHARE, the share above 0 and below 1."""
    name, sign, found = text.rpartition("=")
    if not sign or not name:
        raise ArgumentTypeError(f"expected CLASS=SHARE, such as melanoma=0.95, got {text!r}")
    return name, values.share(found)


def told(points: Points | None, levels: Levels | None) -> str:
    """What a decision, experts and a taxonomy come to; "" without any."""
    lines = [*(_points(points) if points else ()), *(_levels(levels) if levels else ())]
    return "\n".join(lines)


def _points(points: Points) -> Iterator[str]:
    for curve in points.curves:
        yield from _curve(curve)
    if found := points.decided:
        for one in found.reached:
            name = plain(one.name)
            yield f"called {name} from a probability of {one.threshold:.3f} on, else the likeliest of the others"
            yield f"  of {name} are found: {_share(one.sensitivity)}; wanted: {100 * one.wanted:g} %"
            yield f"  of others are not called so: {_share(one.specificity)}"
        if found.cost:
            cost = found.cost
            error = "" if cost.error is None else f" ± {cost.error:.3f}"
            yield (
                f"mean cost of a picture: {cost.decided:.3f}; naming the likeliest class: {cost.likeliest:.3f} "
                f"({cost.gain:.3f}{error} saved)"
            )
        yield f"  named rightly by this: {_share(found.accuracy)}; by the likeliest class: {_share(found.likeliest)}"


def _curve(curve: Curve) -> Iterator[str]:
    low, high = curve.interval
    yield (
        f"{plain(curve.name)} against the rest: area under the curve {curve.area:.3f} (95 % interval {low:.3f} to "
        f"{high:.3f}), {pictures(curve.pictures)} of it, {curve.others:,} others"
    )
    if curve.experts:
        yield f"  the curve passes above {curve.ahead:,} of {plural(len(curve.experts), 'person', 'people')}"


def _share(found: Score) -> str:
    if found.accuracy is None or found.interval is None:
        return "no pictures"
    low, high = found.interval
    return (
        f"{percent(found.accuracy)} ({100 * low:.1f} to {100 * high:.1f}), {pictures(found.n, found.groups)}"
    )


def _levels(levels: Levels) -> Iterator[str]:
    yield f"taxonomy ({plain(levels.origin)}): named rightly at each level"
    rows = [(f"  {one.depth}", f"{one.nodes:,}", *_cells(one.score)) for one in levels.levels]
    yield show.table(("  level", "nodes", "accuracy", "95 % interval", "pictures"), rows)
    yield from map(_node, (node for node in levels.nodes if node.depth < len(levels.levels)))
    if far := levels.distance:
        error = "" if far.error is None else f" ± {far.error:.2f}"
        yield (
            f"  mistakes lie {far.mean:.2f} edges off in the tree; any other class would be {far.chance:.2f} off "
            f"({far.gain:.2f}{error} nearer than that)"
        )


def _cells(found: Score) -> tuple[str, str, str]:
    if found.accuracy is None or found.interval is None:
        return "-", "-", "0"
    low, high = found.interval
    return f"{found.accuracy:.3f}", f"{low:.3f} to {high:.3f}", f"{found.n:,}"


def _node(node: Node) -> str:
    joined = (
        f" (of {', '.join(map(plain, node.merged[:5]))}{' …' * (len(node.merged) > 5)})"
        if node.merged
        else ""
    )
    return f"  {'  ' * node.depth}{plain(node.name)}{joined}: {_share(node.found)}"

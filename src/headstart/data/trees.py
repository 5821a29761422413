"""Where a taxonomy is read from: a file of YAML or JSON, nested class folders, or a column of a table.

animals:                     a mapping: a node and what lies below it
  birds: [wren, robin]       a list, or a mapping to nothing: classes
  cat:
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.data.listing import COLUMN, FOLDERS, Listing, one_spelling, some
from headstart.data.taxonomy import DEEPEST, ROOT, Taxonomy
from headstart.errors import DataError

if TYPE_CHECKING:
    import yaml

_LARGEST = 4 * 2**20  # bytes of a file
_NULL = "tag:yaml.org,2002:null"
_MEND = "expected a mapping of nodes to nodes or to lists of classes"

Branch = tuple[str, ...]  # the names from the top to a class


def held_by(source: str | Taxonomy | None) -> str:
    """The taxonomy that the pictures' source itself holds: "folders", "column:NAME", or "" where it is a file."""
    if isinstance(source, Taxonomy):
        return FOLDERS if source.origin == FOLDERS else ""
    return source if source and (source == FOLDERS or source.startswith(COLUMN)) else ""


def planted(listing: Listing, source: str | Taxonomy | None, most: int | None = None) -> Taxonomy | None:
    """The tree over the classes of the listing, whose rows then have its leaves for labels; None without a source.

    source  a YAML or JSON file, "folders" (the innermost ones are the classes), "column:NAME" of a table, or the tree
            of a model, whose classes the rows then get
    most    nodes with fewer files to train on are one class, see `Taxonomy.partitioned`
    Raises DataError where the tree lacks a class, or is none.
    """
    if source is None:
        return None
    classes = set().union(*listing.classes.values())
    if isinstance(source, Taxonomy):
        _relabel(listing, source.merged)
        return source
    whole = _read(listing, source)
    _check(whole, classes, source)
    tree = whole.over(classes)
    if tree.depth < 2:
        raise DataError(f"{source}: no node stands above the classes; expected a tree of two levels or more")
    if most is not None:
        tree = tree.partitioned(_counts(listing), most)
        _relabel(listing, tree.merged)
    listing.notes += _told(tree)
    return tree


def _told(tree: Taxonomy) -> Iterator[str]:
    inner = len(tree.names) - 1 - len(tree.classes)
    yield f"taxonomy from {tree.origin}: {len(tree.classes):,} classes below {inner:,} nodes, levels: {tree.depth}"
    if tree.merged:
        joined = sorted(set(tree.merged.values()))
        yield (
            f"classes joined with their neighbours in the tree: {len(tree.merged):,} fine ones are now "
            f"{len(joined):,}: {some(joined)}"
        )


def _counts(listing: Listing) -> dict[str, int]:
    """Class → files of it to train on."""
    found: dict[str, int] = {}
    for row in listing.rows:
        if row.split in ("", "train"):
            found[row.label] = found.get(row.label, 0) + 1
    return found


def _relabel(listing: Listing, new: Mapping[str, str]) -> None:
    listing.rows = [row._replace(label=new.get(row.label, row.label)) for row in listing.rows]
    listing.folders = {(split, new.get(label, label)) for split, label in listing.folders}


def _check(tree: Taxonomy, classes: set[str], source: str) -> None:
    """Raises DataError where the tree lacks a class of the pictures."""
    for name in sorted(classes - set(tree.classes)):
        if name in tree.names:
            raise DataError(
                f"{source}: {name!r} is a class of the pictures, and has others below it; expected a leaf; "
                "give these pictures a leaf of their own"
            )
        near = get_close_matches(name, tree.classes, n=1)
        hint = f"; it has {near[0]!r}" if near else ""
        raise DataError(f"{source}: lacks the class {name!r}{hint}; add it to the tree")


def _read(listing: Listing, source: str) -> Taxonomy:
    if held_by(source):
        branches = {row.label: row.branch for row in listing.rows}
        for row in listing.rows:
            if branches[row.label] != row.branch:
                raise DataError(
                    f"{source}: the class {row.label!r} stands in two places, "
                    f"{_path(branches[row.label])!r} and {_path(row.branch)!r}; give one of them another name"
                )
        return grown(source, (_spelt((*branch, label)) for label, branch in sorted(branches.items())))
    return grown(source, map(_spelt, _branches(source, _written(source))), origin=Path(source).name)


def _path(branch: Branch) -> str:
    return "/".join(branch)


def _spelt(branch: Branch) -> Branch:
    return tuple(map(one_spelling, branch))


def grown(source: str, branches: Iterable[Branch], origin: str = "") -> Taxonomy:
    """The tree of branches. Raises DataError: a name in two places, a leaf that is none, no class at all."""
    names, parents = [ROOT], [-1]
    places: dict[Branch, int] = {(): 0}
    leaves, known = set[Branch](), dict[str, Branch]()
    for branch in branches:
        if not all(branch):
            raise DataError(f"{source}: a node without a name in {_path(branch)!r}; name it")
        for depth in range(1, len(branch) + 1):
            node = branch[:depth]
            if node in places:
                continue
            if node[-1] in known:
                raise DataError(
                    f"{source}: {node[-1]!r} stands in two places, {_path(known[node[-1]])!r} and {_path(node)!r}; "
                    "give one of them another name"
                )
            known[node[-1]] = node
            places[node] = len(names)
            names.append(node[-1])
            parents.append(places[node[:-1]])
        if branch in leaves:
            raise DataError(f"{source}: {branch[-1]!r} stands twice in {_path(branch[:-1])!r}; keep one")
        leaves.add(branch)
    if len(names) < 2:
        raise DataError(f"{source}: names no class; {_MEND}")
    if max(map(len, leaves)) > DEEPEST:
        raise DataError(f"{source}: more than {DEEPEST} levels; make the tree flatter")
    return Taxonomy(tuple(names), tuple(parents), origin=origin or source)


def _written(source: str) -> Any:
    """What a file of YAML or JSON holds: `_Node`s, lists and texts. Raises DataError."""
    path = Path(source)
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"{source}: more than {_LARGEST // 2**20} MB; expected a tree of classes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise DataError(
            f"--taxonomy {source}: cannot be read ({reason}); expected a YAML or JSON file, folders, or column:NAME"
        ) from error
    return _json(source, text) if path.suffix.lower() == ".json" else _yaml(source, text)


class _Node(list[tuple[Any, Any]]):
    """The pairs of a mapping, each name as often as it stands there."""


def _json(source: str, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_Node, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}: no JSON ({_one_line(error)}); mend it") from error


def _yaml(source: str, text: str) -> Any:
    """All scalars as they are written: `no`, `1` and `2026-01-01` are names. Event by event, so that a file that would
    be as deep or as large as one likes in memory is refused before it is."""
    import yaml

    whole: list[Any] = []  # the documents
    within: list[list[Any]] = [whole]  # what each event stands in, the innermost last
    try:
        for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1
                raise DataError(f"{source}: line {line}: an alias (*{event.anchor}); write the nodes out")
            if isinstance(event, yaml.CollectionStartEvent):
                within.append([])
            elif isinstance(event, yaml.CollectionEndEvent):
                found = within.pop()
                pairs = isinstance(event, yaml.MappingEndEvent)
                within[-1].append(_Node(zip(found[::2], found[1::2], strict=True)) if pairs else found)
            elif isinstance(event, yaml.ScalarEvent):
                within[-1].append(_scalar(event))
            if len(within) - 1 > 2 * DEEPEST:
                raise DataError(f"{source}: more than {DEEPEST} levels; make the tree flatter")
    except yaml.YAMLError as error:
        raise DataError(f"{source}: no YAML ({_what(error)}); mend it") from error
    if len(whole) > 1:
        raise DataError(f"{source}: no YAML (more than one document); mend it")
    return whole[0] if whole else None


def _scalar(event: Any) -> str | None:
    """The text, or None where nothing is written, or what YAML takes for that."""
    tag = event.tag or (_NULL if event.implicit[0] else "")
    return None if tag == _NULL and event.value in ("", "~", "null") else event.value


def _what(error: yaml.YAMLError) -> str:
    """The line and what is wrong there, without the parser's drawing of it."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}: {problem}" if mark and problem else _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _branches(source: str, value: Any, above: Branch = ()) -> Iterator[Branch]:
    """Every leaf with the names above it. Raises DataError."""
    if len(above) > DEEPEST:
        raise DataError(f"{source}: more than {DEEPEST} levels; make the tree flatter")
    if isinstance(value, _Node):
        for name, below in value:
            yield from _branches(source, below, (*above, _name(source, name)))
        if not value and above:
            yield above
    elif isinstance(value, list):
        for one in value:
            yield from (
                _branches(source, one, above) if isinstance(one, _Node) else [(*above, _name(source, one))]
            )
    elif value is None and above:
        yield above
    elif isinstance(value, str) and above:
        yield (*above, value)
    else:
        raise DataError(f"{source}: holds no tree; {_MEND}")


def _name(source: str, name: Any) -> str:
    if not isinstance(name, str) or not name:
        said = f"a {type(name).__name__}" if isinstance(name, list) else repr(name)
        raise DataError(f"{source}: {said} is no name of a node; {_MEND}".replace("_Node", "mapping"))
    return name

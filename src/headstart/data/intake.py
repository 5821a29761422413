"""load(): from a folder, table or shards to a Dataset in which every picture can be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from headstart import progress
from headstart.data import layouts, twins
from headstart.data.dataset import BadPicture, Dataset, Intake
from headstart.data.decode import check_truncated
from headstart.data.listing import Listing, Row, some
from headstart.data.looks import Looks, known_pairs
from headstart.data.quality import Examined, examine_all, leaks, unify
from headstart.errors import DataError

_LEAST = 3
# Where more of a set's pictures than this have a near twin in a later split, they are alike by nature.
_MOST_ALIKE = 0.1
_TOLD = 3  # unusable files that are named at once; the quarantine has all


def load(
    source: str | Path,
    *,
    group_regex: str | None = None,
    max_bad: int | None = None,
    workers: int = 0,
    training: bool = True,
    truncated: str = "refuse",
) -> Intake:
    """Reads `source`; every picture that was not seen before is decoded once. Layouts: see `headstart.data.layouts`.

    group_regex  searched in `class/file` (in a table's path as written): what its parentheses match is the
                 picture's group; pictures without a match are groups of their own
    max_bad      more unusable files than this stop the loading
    workers      threads; 0 means one for each processor
    training     False for pictures that are only evaluated: one class, few pictures and splits with other
                 classes are then no error, and copies in several splits all stay
    truncated    "keep" takes JPEGs whose end is missing, and decodes them as far as they go, in every step

    Copies (equal decoded pixels, hence also equal files) and near twins (one picture, scaled or compressed otherwise)
    share a group. A picture whose copy or near twin stands in a later split (train < val < test) is left out and stands
    in the quarantine; where that would be more than a tenth of the set, near twins stay. `Intake.notes` says what was
    found; so does progress.say.

    Raises DataError: no such folder, no pictures, too many bad ones, one class, a class with fewer than 3
    pictures to train on, val or test classes that differ from train's, a table without its columns.
    """
    check_truncated(truncated)
    pattern = _compiled(group_regex)
    listing = layouts.listing(str(source))
    rows, seen, bad = _usable(str(source), listing, workers, truncated)
    if max_bad is not None and len(bad) > max_bad:
        raise DataError(
            f"{source}: {len(bad)} files cannot be used, at most {max_bad} expected (max-bad); "
            f"the first is {bad[0].path}: {bad[0].reason}"
        )
    near, looks = _near(seen), [picture.pixels for picture in seen]
    same = unify(looks, twins.groups(near, len(rows)).tolist())
    groups = unify(_group_keys(str(source), rows, pattern), same.tolist())
    copies, alike = leaks(looks, near, [row.split for row in rows]) if training else ({}, {})
    stay = len(alike) > _MOST_ALIKE * len(rows)
    out = copies if stay else {**copies, **alike}
    classes = sorted({row.label for row in rows}.union(*listing.classes.values()))
    dataset = _dataset(str(source), rows, seen, groups, classes, truncated).take(
        [i for i in range(len(rows)) if i not in out]
    )
    if training:
        _demand(str(source), listing.classes, dataset)
    notes = (*_notes(str(source), rows, looks, same, bad), *_parts(str(source), rows, seen))
    notes = (*notes, *_leaks_told(len(copies), len(alike), stay=stay))
    for note in notes:
        progress.say(note)
    return Intake(dataset, (*bad, *_left_out(rows, copies, out)), notes)


def check(source: str | Path, group_regex: str | None = None) -> None:
    """What load() refuses without a look into `source`. Raises DataError."""
    layouts.check(str(source))
    _compiled(group_regex)


def _usable(
    source: str, listing: Listing, workers: int, truncated: str
) -> tuple[list[Row], list[Examined], list[BadPicture]]:
    rows, seen, bad = [], [], list(listing.bad)
    paths = [row.path for row in listing.rows]
    examined = examine_all(paths, workers=workers, looks=Looks.kept(), truncated=truncated)
    for row, result in zip(listing.rows, examined, strict=True):
        if isinstance(result, BadPicture):
            bad.append(result)
        else:
            rows.append(row)
            seen.append(result)
    if not rows:
        why = f" (the first of {len(bad)} unusable files is {bad[0].path}: {bad[0].reason})" if bad else ""
        raise DataError(f"{source}: no pictures{why}; expected pictures in class folders, or a table of them")
    return rows, seen, sorted(bad, key=lambda picture: picture.path)


def _near(seen: Sequence[Examined]) -> np.ndarray:
    """Near twins of the pictures, nearest first: int64 [P, 2], from an earlier run where these were all the same."""

    def find() -> np.ndarray:
        signatures = b"".join(picture.signature for picture in seen)
        return twins.pairs(np.frombuffer(signatures, np.int8).reshape(len(seen), -1))

    return known_pairs([picture.digest for picture in seen], find)


def _compiled(group_regex: str | None) -> re.Pattern[str] | None:
    if group_regex is None:
        return None
    try:
        pattern = re.compile(group_regex)
    except re.error as error:
        raise DataError(
            f"group regex {group_regex!r}: not a regular expression ({error}); mend it"
        ) from error
    if pattern.groups == 0:
        raise DataError(
            f"group regex {group_regex!r}: has no parentheses; expected them round what names the group"
        )
    return pattern


def _group_keys(
    source: str, rows: Sequence[Row], pattern: re.Pattern[str] | None
) -> list[tuple[object, ...]]:
    """What each picture says of its group; where it says nothing, a key that no other has."""
    given = any(row.group for row in rows)
    if given and pattern:
        raise DataError(f"{source}: has groups of its own, and a group regex was given; use one of the two")
    if not pattern:
        return [(row.group,) if row.group else (None, place) for place, row in enumerate(rows)]
    found = [pattern.search(row.name) for row in rows]
    if not any(found):
        raise DataError(
            f"group regex {pattern.pattern!r}: matches none of {len(rows)} pictures; "
            f"it is searched in names such as {rows[0].name!r}; mend it"
        )
    return [match.groups("") if match else (None, place) for place, match in enumerate(found)]


def _dataset(
    source: str,
    rows: Sequence[Row],
    seen: Sequence[Examined],
    groups: np.ndarray,
    classes: Sequence[str],
    truncated: str,
) -> Dataset:
    number = {name: place for place, name in enumerate(classes)}
    return Dataset(
        paths=tuple(row.path for row in rows),
        labels=np.array([number[row.label] for row in rows], np.int64),
        classes=tuple(classes),
        groups=groups,
        splits=tuple(row.split for row in rows),
        digests=tuple(picture.digest for picture in seen),
        root=source,
        levels=np.array([picture.levels or (np.nan, np.nan) for picture in seen], np.float64),
        truncated=truncated,
    )


def _demand(source: str, named: dict[str, set[str]], dataset: Dataset) -> None:
    """Raises DataError unless the classes can be learnt and every split has the same ones."""
    if set(named) & {"val", "test"} and "train" not in named:
        raise DataError(f"{source}: no train split, only {some(set(named))}; add one to learn from")
    where = "train" if "train" in named else ""
    if len(named[where]) < 2:
        raise DataError(f"{source}: one class, {some(named[where])}; expected at least 2; add another")
    for split in sorted(set(named) - {where}):
        _demand_equal(source, split, named[where], named[split])
    learnt = dataset.take([place for place, split in enumerate(dataset.splits) if split == where])
    few = [
        (count, name) for count, name in zip(learnt.counts(), dataset.classes, strict=True) if count < _LEAST
    ]
    if few:
        count, name = min(few)
        others = f" (and {len(few) - 1} more classes have too few)" if len(few) > 1 else ""
        raise DataError(
            f"{source}: class {name!r} has {count} usable picture{'' if count == 1 else 's'}"
            f"{' in train' if where else ''}{others}; "
            f"expected at least {_LEAST}; add pictures, or take the class out"
        )


def _demand_equal(source: str, split: str, train: set[str], other: set[str]) -> None:
    parts = [f"lacks {some(train - other)}"] if train - other else []
    parts += [f"has {some(other - train)} that train lacks"] if other - train else []
    if parts:
        raise DataError(
            f"{source}: {split} {' and '.join(parts)}; expected the classes of train; "
            f"make the class names of both equal"
        )


def _notes(
    source: str, rows: Sequence[Row], looks: Sequence[bytes], same: np.ndarray, bad: Sequence[BadPicture]
) -> tuple[str, ...]:
    labels: dict[bytes, set[str]] = {}
    for row, look in zip(rows, looks, strict=True):
        labels.setdefault(look, set()).add(row.label)
    torn = sum(len(names) > 1 for names in labels.values())
    copies, near = len(rows) - len(labels), len(labels) - len(np.unique(same))
    news = (
        (
            len(bad),
            f"left out because they cannot be read as pictures: {len(bad)} ({_some_bad(source, bad)})",
        ),
        (copies, f"exact copies of another picture, kept in its group: {copies}"),
        (near, f"near twins of another picture, kept in its group: {near}"),
        (torn, f"pictures that stand in more than one class: {torn}"),
    )
    return tuple(text for count, text in news if count)


def _parts(source: str, rows: Sequence[Row], seen: Sequence[Examined]) -> Iterator[str]:
    """What is said of pictures that are used in part."""
    deep = sum(not one.exact for one in seen)
    if deep:
        yield f"colours of 16 bits a channel, of which the upper 8 are used: {deep}"
    short = [BadPicture(row.path, "truncated") for row, one in zip(rows, seen, strict=True) if not one.whole]
    if short:
        named = _some_bad(source, short)
        yield f"kept although their end is missing, decoded as far as they go: {len(short)} ({named})"


def _some_bad(source: str, bad: Sequence[BadPicture]) -> str:
    root = Path(source)
    told = []
    for one in bad[:_TOLD]:
        path = Path(one.path)
        below = root.is_dir() and path.is_relative_to(root)
        told.append(f"{path.relative_to(root) if below else path}: {one.reason}")
    return "; ".join(told if len(bad) <= _TOLD else [*told, "…"])


def _leaks_told(copies: int, alike: int, *, stay: bool) -> Iterator[str]:
    if copies:
        yield f"left out because a copy stands in a later split: {copies}"
    if alike and stay:
        yield f"pictures with a near twin in a later split: {alike}, too many to be copies: they stay"
    elif alike:
        yield f"left out because a near twin stands in a later split: {alike}"


def _left_out(rows: Sequence[Row], copies: Mapping[int, int], out: Mapping[int, int]) -> Iterator[BadPicture]:
    for place, other in out.items():
        kind = "copy" if place in copies else "near twin"
        yield BadPicture(rows[place].path, f"{kind} of {rows[other].path}, which is in a later split")

"""load(): from a folder, table, shards or lists to a Dataset in which every picture can be used."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headstart import progress
from headstart.data import alike, classes, corrections, labelled, layouts, series, trees, twins
from headstart.data.corrections import Corrected, Corrections
from headstart.data.dataset import Alike, BadPicture, Dataset, Intake
from headstart.data.decode import check_truncated
from headstart.data.kept import Frames
from headstart.data.listing import Listing, Row
from headstart.data.looks import Looks, known_pairs
from headstart.data.quality import Examined, examine_all, leaks, unify
from headstart.data.taxonomy import Taxonomy
from headstart.errors import DataError

# Where more of a set's pictures than this have a near twin in a later split, they are alike by nature.
_MOST_ALIKE = 0.1
_TOLD = 3  # unusable files that are named at once; the quarantine has all


def load(
    source: str | Path | tuple[Any, ...],
    *,
    group_regex: str | None = None,
    max_bad: int | None = None,
    workers: int = 0,
    training: bool = True,
    min_per_class: int | None = None,
    without: Sequence[str] = (),
    truncated: str = "refuse",
    frames: Frames | None = None,
    fix: Corrections | None = None,
    taxonomy: str | Taxonomy | None = None,
    most_per_class: int | None = None,
) -> Intake:
    """Reads `source`; every picture that was not seen before is decoded once. Layouts: see `headstart.data.layouts`.

    source       a path, or pictures with their labels, (pictures, labels) or (pictures, labels, groups): see
                 `headstart.data.labelled`. These keep their order, and one in memory is called `pictures[3]`
    group_regex  searched in `class/file` (in a table's path as written): what its parentheses match is the picture's
                 group; pictures without a match are groups of their own
    max_bad      more unusable files than this stop the loading; workers: threads, 0 means one for each processor
    training     False for pictures that are only looked at: one class, few pictures and splits with other classes are
                 then no error, and copies in several splits all stay
    min_per_class, without    classes with fewer usable pictures to train on, and those of these names, are left out
    truncated    "keep" takes JPEGs whose end is missing, and decodes them as far as they go, in every step
    frames, fix  takes what is decoded, made ready for the network that will see it; corrections of labels, done first
    taxonomy, most_per_class    a tree over the classes, see `headstart.data.trees.planted`

    Copies (equal decoded pixels, hence also equal files) and near twins (one picture, scaled or compressed otherwise)
    share a group. A picture whose copy or near twin stands in a later split (train < val < test) is left out and stands
    in the quarantine; where that would be more than a tenth of the set, near twins stay. Notes say what was found.

    Raises DataError: no such folder, no pictures, too many bad ones, one class, a class with fewer than 3
    pictures to train on, val or test classes that train lacks, a table without its columns, an unknown class in
    `without` or `fix`, a taxonomy that is no tree of these classes.
    """
    check_truncated(truncated)
    pattern, held_out = _compiled(group_regex), not isinstance(source, tuple)
    listing = _listing(source, trees.held_by(taxonomy))
    source = str(source) if held_out else labelled.NAME
    left_out = classes.leave_out(source, listing, without)
    tree = trees.planted(listing, taxonomy, most_per_class)
    progress.say(classes.opening(listing, training=training and held_out))
    rows, seen, bad = _usable(source, listing, workers, truncated, frames)
    _check_bad(source, bad, max_bad)
    rows, seen, corrected = _corrected(fix, rows, seen, listing)
    same = _same(rows, seen, _group_keys(source, rows, pattern), training=training)
    dataset = _dataset(source, rows, seen, same, listing, truncated, frames)
    small = classes.rare(dataset, listing.classes, min_per_class or 0) if training else {}
    notes = [*listing.notes, *classes.told(listing), *classes.told_left_out(left_out, "--without")]
    notes += [*_bad_told(source, bad), *(corrected.told() if corrected else ())]
    notes += [*_told(source, rows, seen, same), *(() if pattern else series.told(rows))]
    notes += classes.told_left_out(small, f"fewer training pictures than --min-per-class {min_per_class}")
    dataset = _said(dataset, notes, small)
    tree = _demanded(source, listing, dataset, tree) if training else tree
    quarantine = (*bad, *(corrected.left_out if corrected else ()), *_left_out(rows, same))
    return Intake(dataset, quarantine, tuple(notes), same.found, {**left_out, **small}, corrected, tree)


def _demanded(source: str, listing: Listing, dataset: Dataset, tree: Taxonomy | None) -> Taxonomy | None:
    """The tree over the classes that are learnt. Raises DataError where they cannot be learnt."""
    classes.demand(source, listing.classes, dataset)
    return tree.over(dataset.classes) if tree else tree


def _said(dataset: Dataset, notes: Sequence[str], small: Mapping[str, int]) -> Dataset:
    """Says what there is to say; the data set without the classes that are too small."""
    for note in notes:
        progress.say(note)
    return dataset.without([*small]) if small else dataset


def _corrected(
    fix: Corrections | None, rows: list[Row], seen: list[Examined], listing: Listing
) -> tuple[list[Row], list[Examined], Corrected | None]:
    """Rows and what was seen of them, those gone that are left out. Raises DataError."""
    if fix is None:
        return rows, seen, None
    names = set().union(*listing.classes.values())
    found, corrected = corrections.apply(fix, rows, [one.digest for one in seen], sorted(names))
    stay = [(row, one) for row, one in zip(found, seen, strict=True) if row is not None]
    if not stay:
        raise DataError(f"{fix.source}: leaves out every picture; keep some")
    return [row for row, _ in stay], [one for _, one in stay], corrected


@dataclass(frozen=True)
class _Same:
    """Which of N pictures show the same, and what follows from it.

    groups        int64 [N]: equal for what is alike, or has equal keys
    found         the pairs, for notes and table
    copies, near  place → place in a later split that shows the same
    stay          whether `near` are too many to be left out
    """

    groups: np.ndarray
    found: tuple[Alike, ...]
    copies: Mapping[int, int]
    near: Mapping[int, int]
    stay: bool

    @property
    def out(self) -> dict[int, int]:
        """Those of `copies` and `near` that are left out."""
        return {**self.copies, **({} if self.stay else self.near)}


def _same(
    rows: Sequence[Row], seen: Sequence[Examined], keys: Sequence[Hashable], *, training: bool
) -> _Same:
    near, pixels = _near(seen), [picture.pixels for picture in seen]
    same = unify(pixels, twins.groups(near, len(rows)).tolist())
    copies, later = leaks(pixels, near, [row.split for row in rows]) if training else ({}, {})
    found = (*alike.pairs(rows, pixels, near, same), *alike.later(rows, copies, later))
    stay = len(later) > _MOST_ALIKE * len(rows)
    return _Same(unify(keys, same.tolist()), found, copies, later, stay)


def _listing(source: str | Path | tuple[Any, ...], tree: str) -> Listing:
    return layouts.listing(str(source), tree) if isinstance(source, str | Path) else labelled.listing(source)


def check(source: str | Path | tuple[Any, ...], group_regex: str | None = None) -> None:
    """What load() refuses without a look into `source`. Raises DataError."""
    if isinstance(source, str | Path):
        layouts.check(str(source))
    else:
        labelled.check(source)
    _compiled(group_regex)


def _usable(
    source: str, listing: Listing, workers: int, truncated: str, frames: Frames | None
) -> tuple[list[Row], list[Examined], list[BadPicture]]:
    rows, seen, bad = [], [], list(listing.bad)
    pictures = [row.picture for row in listing.rows]
    examined = examine_all(
        pictures, workers=workers, looks=Looks.of_cache(), truncated=truncated, frames=frames
    )
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


def _check_bad(source: str, bad: Sequence[BadPicture], max_bad: int | None) -> None:
    if max_bad is not None and len(bad) > max_bad:
        raise DataError(
            f"{source}: {len(bad)} files cannot be used, at most {max_bad} expected (max-bad); "
            f"the first is {bad[0].path}: {bad[0].reason}"
        )


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
    same: _Same,
    listing: Listing,
    truncated: str,
    frames: Frames | None,
) -> Dataset:
    """The pictures, less those of which a later split has the same."""
    names = sorted({row.label for row in rows}.union(*listing.classes.values()))
    number = {name: place for place, name in enumerate(names)}
    whole = Dataset(
        pictures=tuple(row.picture for row in rows),
        labels=np.array([number[row.label] for row in rows], np.int64),
        classes=tuple(names),
        groups=same.groups,
        splits=tuple(row.split for row in rows),
        digests=tuple(picture.digest for picture in seen),
        root=source,
        levels=np.array([picture.levels or (np.nan, np.nan) for picture in seen], np.float64),
        truncated=truncated,
        frames=frames,
    )
    return whole.take([place for place in range(len(rows)) if place not in same.out])


def _bad_told(source: str, bad: Sequence[BadPicture]) -> Iterator[str]:
    if bad:
        yield f"left out because they cannot be read as pictures: {len(bad)} ({_some_bad(source, bad)})"


def _some_bad(source: str, bad: Sequence[BadPicture]) -> str:
    told = [f"{alike.below(source, one.path)}: {one.reason}" for one in bad[:_TOLD]]
    return "; ".join(told if len(bad) <= _TOLD else [*told, "…"])


def _told(source: str, rows: Sequence[Row], seen: Sequence[Examined], same: _Same) -> Iterator[str]:
    """What is said of pictures that are alike, and of those that are used in part."""
    yield from alike.told(source, same.found, stay=same.stay)
    yield from _parts(source, rows, seen)


def _parts(source: str, rows: Sequence[Row], seen: Sequence[Examined]) -> Iterator[str]:
    """What is said of pictures that are used in part."""
    deep = sum(not one.exact for one in seen)
    if deep:
        yield f"colours of 16 bits a channel, of which the upper 8 are used: {deep}"
    short = [BadPicture(row.path, "truncated") for row, one in zip(rows, seen, strict=True) if not one.whole]
    if short:
        named = _some_bad(source, short)
        yield f"kept although their end is missing, decoded as far as they go: {len(short)} ({named})"


def _left_out(rows: Sequence[Row], same: _Same) -> Iterator[BadPicture]:
    for place, other in same.out.items():
        kind = "copy" if place in same.copies else "near twin"
        yield BadPicture(rows[place].path, f"{kind} of {rows[other].path}, which is in a later split")

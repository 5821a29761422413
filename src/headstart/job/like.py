"""train --like OLD: pictures were added to a set. The old report pictures stay, old and new answers are paired."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.counts import pictures
from headstart.errors import DataError, OptionError
from headstart.job.folder import BUNDLE, FIX, PREDICTIONS
from headstart.strangers import cell

if TYPE_CHECKING:
    import numpy as np

    from headstart.assess import Evaluation
    from headstart.data import Dataset, Partition


@dataclass(frozen=True)
class Former:
    """What an old run said of its report pictures.

    path        its folder; classes: its classes, as they are named
    answers     short digest of each report picture → (its label, the old answer), both as a table writes them
    trained_on  short digests of the pictures that it learnt from or was chosen by
    """

    path: str
    classes: tuple[str, ...]
    answers: Mapping[str, tuple[str, str]]
    trained_on: frozenset[str]


@dataclass(frozen=True)
class Kept:
    """Where the old report pictures stand in the new set.

    former      the old run
    index       int64 [M]: those that are there, one for each that was one
    gone        how many are not there any more; relabelled: how many of index have another label now
    """

    former: Former
    index: np.ndarray
    gone: int
    relabelled: int


@dataclass(frozen=True)
class Change:
    """An old and a new model on the same report pictures, judged by the labels of now.

    run              the old run's folder
    n, groups        the pictures that both were asked, and groups of them
    before, now      how many of these the old and the new model named rightly
    gain, error      by how much the new one is ahead, in accuracy, and the paired standard error; None for one group
    gone, relabelled old report pictures that are not there any more, and those with another label now
    added            class → training pictures that the old model had not learnt from
    """

    run: str
    n: int
    groups: int
    before: int
    now: int
    gain: float
    error: float | None
    gone: int
    relabelled: int
    added: Mapping[str, int]

    def __str__(self) -> str:
        spread = "" if self.error is None else f" ± {100 * self.error:.1f}"
        return (
            f"the same {pictures(self.n, self.groups)}: {self.before:,} right before, {self.now:,} now: "
            f"{100 * self.gain:+.1f}{spread} points"
        )

    def to_dict(self) -> dict[str, Any]:
        """As --json prints it."""
        return asdict(self)


def read(run: str | Path, *, fixed: bool = True) -> Former:
    """The report pictures of the run in that folder. Raises OptionError where it holds none to compare with.

    fixed: whether labels are corrected now; where they are not and were then, that is said.
    """
    from headstart import model

    path = Path(run)
    if not fixed and (path / FIX).exists():
        progress.say(
            f"like {run}: its labels were corrected and these are not; --fix {path / FIX} corrects them as then"
        )
    rows = _rows(path)
    if rows[0]["split"].endswith(" folds"):
        raise OptionError(
            f"like {run}: was proved in folds and has no report pictures to keep; expected a run without --folds"
        )
    old = model.load(path / BUNDLE)
    answers = {row["digest"]: (row["label"], row["prediction"]) for row in rows}
    return Former(str(run), old.classes, answers, frozenset(old.info.trained_on))


def _rows(path: Path) -> list[dict[str, str]]:
    """The lines of predictions.csv. Raises OptionError."""
    table = path / PREDICTIONS
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OptionError(
            f"like {path}: has no {PREDICTIONS} that can be read; expected the folder of a run of `headstart train`"
        ) from error
    lacking = [
        name for name in ("split", "label", "prediction", "digest") if not rows or not rows[0].get(name)
    ]
    if lacking or any(row["digest"] is None for row in rows):
        raise OptionError(
            f"like {path}: {table.name} does not say which pictures it is about ({', '.join(lacking) or 'cut short'}); "
            "it is damaged or of an older version: train that run anew"
        )
    return rows


def keep(former: Former, dataset: Dataset) -> Kept:
    """Finds the old report pictures in `dataset`, and says what has become of those that are not as they were.

    Raises DataError where none is there, or the classes are others.
    """
    import numpy as np

    from headstart.model.model import DIGITS

    _check_classes(former, dataset)
    first: dict[str, int] = {}
    for place, digest in enumerate(dataset.digests):
        if digest[:DIGITS] in former.answers:
            first.setdefault(digest[:DIGITS], place)
    gone = len(former.answers) - len(first)
    if not first:
        raise DataError(
            f"like {former.path}: none of its {pictures(gone)} of the report is among those of {dataset.root}; "
            "expected the old pictures with others added; leave --like out"
        )
    moved = sum(
        former.answers[digest][0] != cell(dataset.classes[dataset.labels[place]])
        for digest, place in first.items()
    )
    _say(former, gone, moved)
    return Kept(former, np.array(sorted(first.values()), np.int64), gone, moved)


def _check_classes(former: Former, dataset: Dataset) -> None:
    """Raises DataError where the classes are not those of the old run."""
    new = [name for name in dataset.classes if name not in former.classes]
    old = [name for name in former.classes if name not in dataset.classes]
    if new or old:
        told = [*(f"{name!r} is new" for name in new[:3]), *(f"{name!r} is gone" for name in old[:3])]
        raise DataError(
            f"like {former.path}: has other classes than {dataset.root} ({', '.join(told)}); "
            "expected the same; leave --like out"
        )


def _say(former: Former, gone: int, moved: int) -> None:
    if gone:
        progress.say(
            f"like {former.path}: {gone:,} of its {pictures(len(former.answers))} of the report are gone; "
            f"old and new are compared on the other {len(former.answers) - gone:,}"
        )
    if moved:
        progress.say(
            f"like {former.path}: {pictures(moved)} of its report have another label now; "
            "old and new are both judged by that"
        )


def divide(kept: Kept, dataset: Dataset, seed: int) -> Partition:
    """The parts of `dataset` in which old report pictures are report pictures; says what cannot train because of it.

    Raises DataError where a class has no other pictures.
    """
    from headstart.data import partition_keeping

    parts, aside = partition_keeping(dataset, kept.index, seed=seed)
    if aside:
        progress.say(
            f"left out of training, since they show the same as old report pictures or belong to their groups: "
            f"{aside:,}"
        )
    return parts


def change(
    kept: Kept, dataset: Dataset, partition: Partition, index: np.ndarray, evaluation: Evaluation
) -> Change:
    """Old and new answers in pairs. index: int64 [R], the pictures that `evaluation` is about."""
    import math

    import numpy as np

    from headstart.intervals import paired
    from headstart.model.model import DIGITS

    among = np.isin(index, kept.index)
    places = index[among]
    named = [kept.former.answers[dataset.digests[place][:DIGITS]][1] for place in places]
    labels = [cell(dataset.classes[label]) for label in dataset.labels[places]]
    before = np.array([answer == label for answer, label in zip(named, labels, strict=True)])
    now, groups = evaluation.correct[among], dataset.groups[places]
    gain, error = paired(now, before, groups)
    return Change(
        run=kept.former.path,
        n=len(places),
        groups=len(np.unique(groups)),
        before=int(before.sum()),
        now=int(now.sum()),
        gain=gain,
        error=None if math.isinf(error) else error,
        gone=kept.gone,
        relabelled=kept.relabelled,
        added=_added(kept.former, dataset, np.concatenate([partition.train, partition.selection])),
    )


def _added(former: Former, dataset: Dataset, learnt: np.ndarray) -> dict[str, int]:
    from headstart.model.model import DIGITS

    new = [place for place in learnt.tolist() if dataset.digests[place][:DIGITS] not in former.trained_on]
    counts = dataset.take(new).counts().tolist()
    return {name: count for name, count in zip(dataset.classes, counts, strict=True) if count}

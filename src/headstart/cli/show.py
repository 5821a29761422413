"""What verbs print: text for people, one JSON object or a table; and numbers as text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from headstart import files
from headstart.cli import streams
from headstart.counts import pictures, plural
from headstart.job.folder import ALIKE, QUARANTINE
from headstart.strangers import json_text, plain

if TYPE_CHECKING:
    from headstart.assess import Evaluation
    from headstart.data import Intake
    from headstart.planning.prospects import Prospect

_MOST_COLUMNS = 16  # classes up to which the confusion fits a terminal as a table
_MOST_PAIRS = 10
_WIDEST = 20


def out(text: str) -> None:
    """Prints text for people, the one way to do so: what is no letter, sign or line break is written out.

    A name that may hold line breaks goes through plain() before.
    """
    streams.write(_lines(text) + "\n")


def fact(key: str, value: object) -> None:
    """Prints a line of the summary: what, and the name of it."""
    out(f"{key:<8} {plain(str(value))}")


def intake(found: Intake, folder: object) -> None:
    """Prints where what was left out and what is alike is listed."""
    if found.quarantine:
        fact(
            "left out", f"{plural(len(found.quarantine), 'file')}, listed in {Path(str(folder)) / QUARANTINE}"
        )
    if found.alike:
        fact(
            "alike", f"{plural(len(found.alike), 'pair')} of pictures, listed in {Path(str(folder)) / ALIKE}"
        )


def news(text: str, stream: TextIO | None = None) -> None:
    """Text for people beside the result, on stderr or `stream`."""
    streams.tell(_lines(text), stream)


def error(line: str) -> None:
    """What went wrong, in one line on stderr."""
    streams.tell(f"headstart: {plain(line)}")


def _lines(text: str) -> str:
    return "\n".join(plain(line) for line in text.split("\n"))


def as_json(value: Mapping[str, Any]) -> None:
    """Prints one object. What stdout cannot carry, or a terminal would obey, stands as \\u and four digits."""
    streams.write(json_text(value, encoding=sys.stdout.encoding or "utf-8", indent=2) + "\n")


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Prints a table, its cells as in the files of a run. What stdout cannot carry is written out."""
    encoding = sys.stdout.encoding or "utf-8"
    streams.write(files.csv_text(head, rows).encode(encoding, "backslashreplace").decode(encoding))


def accuracy(score: Mapping[str, Any]) -> str:
    """ "0.961 (95 % interval 0.917 to 0.982), 153 pictures" """
    low, high = score["interval"]
    return f"{score['accuracy']:.3f} (95 % interval {low:.3f} to {high:.3f}), {pictures(score['n'], score['groups'])}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, last: str = "right") -> str:
    """Columns as wide as they must be; the first to the left, the others to the right; `last` may be "left"."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width)
            if not column or (last == "left" and column == len(head) - 1)
            else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def score(evaluation: Evaluation) -> str:
    """Accuracy and balanced accuracy, in two lines."""
    facts = evaluation.to_dict()
    return (
        f"{evaluation.split}: accuracy {accuracy(facts)}\n"
        f"  balanced accuracy {evaluation.balanced_accuracy:.3f}"
    )


def majority(evaluation: Evaluation) -> str:
    """What an accuracy is held against where no baseline is known."""
    return f"  always naming this split's most frequent class: {evaluation.majority:.3f}"


def folds(evaluations: Sequence[Evaluation]) -> str:
    """Each fold's accuracy in a line."""
    told = ", ".join(f"{one.accuracy:.3f} ({one.n:,})" for one in evaluations)
    return f"  each fold (pictures): {told}"


def classes(evaluation: Evaluation) -> str:
    """Precision, recall and F1 class by class."""
    rows = [
        (
            plain(row.name),
            *(_ratio(value) for value in (row.precision, row.recall, row.f1)),
            f"{row.support:,}",
        )
        for row in evaluation.per_class()
    ]
    return table(("class", "precision", "recall", "F1", "pictures"), rows)


def confusion(evaluation: Evaluation) -> str:
    """The confusion as a table, or its worst pairs where there are many classes."""
    counts, names = evaluation.confusion, [plain(name) for name in evaluation.classes]
    if len(names) <= _MOST_COLUMNS:
        short = [name[:_WIDEST] for name in names]
        rows = [(name, *(f"{n:,}" for n in row)) for name, row in zip(short, counts.tolist(), strict=True)]
        return table(("true \\ predicted", *short), rows)
    wrong = [(int(n), i, j) for (i, j), n in _cells(counts) if i != j and n]
    worst = sorted(wrong, key=lambda cell: -cell[0])[:_MOST_PAIRS]
    return table(("most confused", "called", "times"), [(names[i], names[j], f"{n:,}") for n, i, j in worst])


def _cells(counts: Any) -> Iterable[tuple[tuple[int, int], int]]:
    import numpy as np

    return np.ndenumerate(counts)  # pyright: ignore[reportReturnType]


def arms(rows: Sequence[Mapping[str, Any]]) -> str:
    """The ways that were tried."""
    cells = [
        (
            ("* " if row["chosen"] else "  ") + row["name"],
            "-" if row["accuracy"] is None else f"{row['accuracy']:.3f}",
            "-" if row["interval"] is None else "{:.3f} to {:.3f}".format(*row["interval"]),
            f"{row['n']:,}" + ("" if row["groups"] == row["n"] else f" of {row['groups']:,} groups"),
            "-" if row["train_accuracy"] is None else f"{row['train_accuracy']:.3f}",
            _afterwards(row["report"]),
            row["note"],
        )
        for row in rows
    ]
    head = ("  tried (* kept)", "accuracy", "95 % interval", "pictures", "on its own", "report", "note")
    return (
        table(head, cells, last="left")
        + "\n  on its own: of pictures that it learnt from; report: of the report pictures, looked at after the choice"
    )


def _afterwards(report: Mapping[str, Any] | None) -> str:
    """An accuracy in hindsight; "~" before it where it cannot be told from that of what was kept."""
    if report is None:
        return "-"
    return f"{'~' if report['apart'] is False else ''}{report['accuracy']:.3f}"


def contenders(rows: Sequence[Mapping[str, Any]]) -> str:
    """The strategies of a comparison, best first."""
    cells = [
        (
            ("* " if row["chosen"] else "  ") + row["name"],
            f"{row['accuracy']:.3f}",
            "{:.3f} to {:.3f}".format(*row["interval"]),
            f"{100 * row['behind']:.1f} ± "
            + ("?" if row["behind_error"] is None else f"{100 * row['behind_error']:.1f}"),
            "" if row["lr"] is None else f"{row['lr']:g}",
            f"{row['seconds']:.1f}" + ("" if row["share"] == 1 else f" ({100 * row['share']:.0f} %)"),
        )
        for row in rows
    ]
    head = ("  strategy (* plan's)", "accuracy", "95 % interval", "points behind", "rate", "seconds")
    return table(head, cells)


def prospects(rows: Sequence[Prospect]) -> str:
    """What strategies are expected to reach and to cost."""
    cells = [
        (
            f"{'*' if row.chosen else ' '} {_STRATEGIES[row.strategy]} {_cuts(row.cut)}",
            f"{row.accuracy:.3f}",
            f"{row.low:.3f} to {row.high:.3f}",
            "-" if row.seconds is None else duration(row.seconds),
        )
        for row in rows
    ]
    return table(("  expected (* planned)", "accuracy", "95 % interval", "takes about"), cells)


_STRATEGIES = {
    "probe": "frozen, read at",
    "probe, then fine-tune": "trained, up to",
    "from scratch": "trained from random weights, up to",
}


def _cuts(cut: str) -> str:
    count = cut.count("+") + 1
    return plain(cut) if count == 1 else f"{count} depths side by side"


def duration(seconds: float) -> str:
    """ "3 s", "12 min", "2.5 h": to two figures or so, since it is an estimate."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


_BARS = {
    "majority class": "majority class (always the most frequent one of training)",
    "random weights": "random weights (the same network, its head solved anew)",
}


def baselines(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """What the accuracy has to be held against."""
    return "\n".join(
        f"  {_BARS.get(name, name)}: {accuracy(facts)}{_got(facts)}" for name, facts in scores.items()
    )


def _got(facts: Mapping[str, Any]) -> str:
    """How an accuracy was got that was measured on a part."""
    return f"; {facts['how']}" if facts.get("how") else ""


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

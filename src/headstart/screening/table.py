"""review.csv: what was found, a row each, with a column for what the user decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from headstart import files
from headstart.data.corrections import Corrected
from headstart.screening.finding import Reviewed

# The digest is whole: a short one may look like a number, and a spreadsheet would write it as such.
COLUMNS = ("action", "finding", "label", "suggested", "score", "path", "other", "digest")
DECIDED = "decided"
FIRST = 2  # the row of the first finding, as a spreadsheet counts


def write_table(path: Path, found: Reviewed, corrected: Corrected | None = None) -> None:
    """Writes a row for each finding, in their order, and below them what was decided before; atomically.

    Raises OutputError.
    """
    files.write_csv(path, COLUMNS, _rows(found, corrected))


def _rows(found: Reviewed, corrected: Corrected | None) -> Iterator[tuple[str, ...]]:
    for one in found.findings:
        score = f"{one.score:.4f}"
        yield "", one.kind, one.label, one.suggested, score, one.path, one.other, one.digest
    for row in corrected.rows if corrected else ():
        yield row.action, DECIDED, row.label, row.suggested, "", row.path, "", row.digest

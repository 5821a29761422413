"""How results show themselves in a notebook: small tables of HTML, their text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from headstart.counts import percent

if TYPE_CHECKING:
    from headstart.job.run import Run

_CELL = "padding:2px 12px 2px 0;text-align:left"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns: what, and its value."""
    lines = "".join(
        f'<tr><th style="{_CELL}">{escape(key)}</th><td style="{_CELL}">{escape(value)}</td></tr>'
        for key, value in rows
    )
    return f"<table>{lines}</table>"


def run_html(run: Run) -> str:
    """The accuracy with its interval, what it is held against, what was done, and where it lies."""
    evaluation, (low, high) = run.evaluation, run.evaluation.interval
    rows = [
        (
            f"accuracy, {evaluation.split}",
            f"{percent(evaluation.accuracy)} ({100 * low:.1f} to {100 * high:.1f} %), {evaluation.n:,} pictures",
        )
    ]
    rows += [(one.name, percent(one.accuracy)) for one in run.baselines]
    rows.append(("network", f"{run.plan.backbone}, {run.plan.image_size} px"))
    rows.append(("plan", f"case {run.plan.case}, cut {' + '.join(run.plan.cut)}"))
    if run.kept.case != run.plan.case:
        rows.append(("kept", f"case {run.kept.case}, cut {' + '.join(run.kept.cut)}"))
    rows.append(("classes", ", ".join(run.model.classes)))
    if run.folder is not None:
        rows.append(("folder", str(run.folder)))
    return table(rows)

"""A real notebook: progress that moves, and results that show themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headstart.job.notebook import Notebook, in_notebook, shown

CELLS = (
    "import headstart\nrun = headstart.train({shapes!r}, backbone={backbone!r}, case=3, epochs=2, fallback='none')",
    "run",
    "run.report()",
)


@pytest.fixture(scope="module")
def outputs(shapes: Path, backbone: Path, tmp_path_factory) -> list[list[dict]]:
    """What each cell put out."""
    pytest.importorskip("nbclient", reason="notebooks are run by nbclient")
    import nbformat

    cells = [
        nbformat.v4.new_code_cell(text.format(shapes=str(shapes), backbone=str(backbone))) for text in CELLS
    ]
    place = tmp_path_factory.mktemp("notebook") / "flowers.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), place)
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", str(place)]
    environment = {**os.environ, "IPYTHONDIR": str(place.parent), "JUPYTER_RUNTIME_DIR": str(place.parent)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    notebook = json.loads(place.read_text(encoding="utf-8"))
    return [cell["outputs"] for cell in notebook["cells"]]


def test_progress_is_one_output_that_is_kept_up_to_date(outputs) -> None:
    (progress,) = [one for one in outputs[0] if one["output_type"] == "display_data"]
    html = "".join(progress["data"]["text/html"])
    assert "measuring" in html
    assert "<progress" not in html  # all is done


def test_a_run_and_its_report_show_themselves(outputs) -> None:
    (run,), (report,) = outputs[1], outputs[2]
    assert "accuracy" in "".join(run["data"]["text/html"])
    assert "".join(report["data"]["text/html"]).startswith("<iframe srcdoc=")


def test_outside_of_a_notebook_nothing_is_shown() -> None:
    assert not in_notebook()
    with shown(None):
        pass


def test_the_innermost_bar_is_shown_and_text_is_escaped() -> None:
    pytest.importorskip("IPython")
    reporter, drawn = Notebook(), []
    reporter._handle = type(
        "Handle", (), {"display": lambda _, data, raw: drawn.append(data), "update": None}
    )()
    reporter._handle.update = reporter._handle.display
    reporter.say("<b>news</b>")
    assert "&lt;b&gt;news" in drawn[-1]["text/html"]
    reporter._due = 0.0
    with reporter.bar("outer", 2), reporter.bar("inner", 3) as bar:
        reporter._due = 0.0
        bar.advance()
        assert "inner: 1 of 3" in drawn[-1]["text/html"]
    assert "<progress" not in drawn[-1]["text/html"]

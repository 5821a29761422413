"""When the graphics card takes over, where the processor has work of its own meanwhile."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from headstart.web import node
from headstart.web.page import HERE

pytestmark = pytest.mark.skipif(node.found() is None, reason="no node on this machine")


def chosen(case: str) -> dict[str, Any]:
    """What chooser.js tells of a case."""
    command = ["node", str(Path(__file__).with_name("chooser.js")), str(HERE), case]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_a_trial_that_the_processor_came_between_is_made_again() -> None:
    found = chosen("busy")
    assert found["by"] == ["processor", "gpu"]
    assert found["why"] == ""


def test_an_answer_that_came_while_the_processor_ran_is_no_late_one() -> None:
    found = chosen("blocked")
    assert found["by"] == ["gpu"]
    assert found["why"] == ""


def test_what_does_not_answer_is_given_up() -> None:
    found = chosen("silent")
    assert found["by"] == ["processor"]
    assert found["why"] == "it does not answer"
    assert found["runs"] == 1

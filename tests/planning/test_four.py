"""The four cases and their thresholds: the docs tell what the code does."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from headstart.errors import PlanError
from headstart.evidence import conclude, likeness, size, trial
from headstart.planning import cases, four
from headstart.planning.four import CASES, Case

ROOT = Path(__file__).parents[2]
IN_WORDS = {1: "one", 2: "two", 5: "five"}


def words(path: str, heading: str) -> str:
    """The text below a heading, on one line."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0])


def test_every_pair_of_verdicts_calls_for_its_case() -> None:
    assert [(case.size, case.similarity) for case in CASES] == [
        ("small", "similar"),
        ("small", "different"),
        ("large", "similar"),
        ("large", "different"),
    ]
    assert all(four.called_for(case.size, case.similarity) is four.numbered(case.number) for case in CASES)
    with pytest.raises(PlanError, match="case 0: expected 1, 2, 3 or 4"):
        four.numbered(0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_a_plan_of_each_case_does_what_the_table_says(case: Case, backbone) -> None:
    plan = cases.make(case.number, backbone, cut="stem" if case.number == 2 else None)
    assert (plan.case, plan.fallback, plan.frozen) == (case.number, case.fallback, not case.trains)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_the_docs_have_each_case_as_the_table_has_it(case: Case) -> None:
    assert f"| {case.number} · {case.lesson} |" in words("README.md", "What it decides, and how")
    row = f"| {case.number} | {case.size} | {case.similarity} | {case.lesson} | {case.way} | `{case.fallback}` |"
    assert row in words("docs/plan.md", "The four cases")


def test_the_readme_has_the_thresholds_that_decide() -> None:
    text = words("README.md", "What it decides, and how")
    assert f"{size.SMALL:,} pictures are few, {size.LARGE:,} are many" in text
    assert f"drawn at {size.LINE:,}" in text
    assert f"less than {IN_WORDS[round(100 * size.FLAT)]} point" in text
    assert f"{IN_WORDS[round(100 * size.STEEP)]} or more" in text
    assert f"more than {100 * likeness.CUT:.0f} % of the top cut's errors" in text
    assert f"fewer than {100 * likeness.CONTROL:.1f} % of the errors of random weights" in text
    assert f"more than {math.exp(likeness.DISTANCE):.1f} times as strong" in text
    assert f"worth more than {IN_WORDS[round(100 * trial.WORTH)]} point" in text
    assert f"fewer than {IN_WORDS[trial.FEWEST]} groups" in text
    assert f"{100 * conclude.SHALLOWER:.1f} points" in text

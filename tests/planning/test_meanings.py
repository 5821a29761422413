"""The meaning of a plan's fields is said once, in planning/meanings.py; plan.toml, help and docs/plan.md follow it."""

from __future__ import annotations

from dataclasses import fields

from tools.fields import PAGE, page, tables

from headstart.planning import meanings
from headstart.planning.plan import Plan, Row
from headstart.planning.recipe import Recipe


def test_every_field_has_its_meaning_and_no_other() -> None:
    for kind, known in ((Plan, meanings.PLAN), (Row, meanings.ROW), (Recipe, meanings.RECIPE)):
        assert {entry.name for entry in fields(kind)} == set(known)


def test_the_page_says_what_the_source_says() -> None:
    """`python -m tools.fields` writes it anew."""
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text
    assert all(table in text for table in tables().values())


def test_a_plan_file_begins_with_every_field_in_lines_that_can_be_read() -> None:
    lines = meanings.header().splitlines()
    named = {line.removeprefix("#").split()[0] for line in lines if line.removeprefix("#").strip()}
    assert {*meanings.PLAN, *meanings.ROW, *meanings.RECIPE} <= named
    assert all(line.startswith("#") or not line for line in lines)
    assert max(map(len, lines)) <= 118

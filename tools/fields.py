"""Writes the tables of docs/plan.md anew from planning/meanings.py and the defaults of Plan and Recipe.

python -m tools.fields
"""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from pathlib import Path

from headstart.planning.meanings import PLAN, RECIPE, ROW
from headstart.planning.plan import Plan
from headstart.planning.recipe import Recipe

PAGE = Path(__file__).resolve().parents[1] / "docs" / "plan.md"
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(?=\n<!-- end -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """The three tables by their names: "plan", "rows" and "recipe"."""
    return {"plan": _of_plan(), "rows": _of_rows(), "recipe": _of_recipe()}


def page(text: str) -> str:
    """`text` with each table between its marks as it should be."""
    right = tables()
    return _TABLE.sub(lambda found: found[1] + right[found[2]], text)


def _of_plan() -> str:
    defaults = {entry.name: _default(entry) for entry in fields(Plan)}
    defaults |= {"reasons": "none", "recipe": "its own"}
    return _table(("field", "default", "meaning"), [(f"`{n}`", defaults[n], m) for n, m in PLAN.items()])


def _of_rows() -> str:
    return _table(("key", "meaning"), [(f"`{name}`", meaning) for name, meaning in ROW.items()])


def _of_recipe() -> str:
    defaults = {entry.name: _default(entry) for entry in fields(Recipe)}
    rows = [(f"`{n}`", defaults[n], value.allowed, value.meaning) for n, value in RECIPE.items()]
    return _table(("key", "default", "allowed", "meaning"), rows)


def _default(entry: Field[object]) -> str:
    if entry.default is MISSING:
        return ""
    if entry.default == ():
        return "`[]`"
    if isinstance(entry.default, str):
        return f"`{entry.default}`" if entry.default else '`""`'
    return str(entry.default)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("-",) * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cells)} |".replace("| - ", "|-").replace("|- |", "|-|") for cells in lines
    )


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

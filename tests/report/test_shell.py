"""What all pages share: a policy that lets nothing out, and text that can be read."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from headstart.report.page import environment

TEMPLATES = files("headstart.report") / "templates"
TOKENS = TEMPLATES.parents[1] / "web" / "tokens.css"
STYLE = "".join(path.read_text(encoding="utf-8") for path in (TOKENS, TEMPLATES / "report.css"))


@pytest.mark.parametrize("page", ["report", "review", "layers"])
def test_every_page_has_the_one_policy(page: str) -> None:
    text = (TEMPLATES / f"{page}.html").read_text(encoding="utf-8")
    assert text.startswith('{% extends "shell.html" %}')
    assert "http-equiv" not in text


def test_the_shell_says_it_before_anything_else_could_be_loaded() -> None:
    text = (TEMPLATES / "shell.html").read_text(encoding="utf-8")
    assert text.index("{{ policy(") < min(text.index(f"<{tag}") for tag in ("title", "style"))


def test_the_policy_lets_nothing_in_or_out_but_a_script_of_this_hash() -> None:
    policy = environment().get_template("macros.html").module.policy  # pyright: ignore[reportAttributeAccessIssue]
    for part in ("default-src 'none'", "base-uri 'none'", "form-action 'none'"):
        assert part in policy()
    assert "script-src" not in policy()
    assert "; script-src 'sha256-a+b/c='\"" in policy("a+b/c=")


@pytest.mark.parametrize("dark", [False, True])
def test_text_in_a_colour_of_its_own_can_be_read(dark: bool) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 to 1 with the page; marks before the text are no text."""
    style = re.sub(r"[^{}]*::before \{[^}]*\}", "", STYLE)
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    colour = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[0]))
    colour |= dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[1])) if dark else {}
    named = set(re.findall(r"(?<![\w-])color: var\(--([\w-]+)\)", style)) - {"on-ink"}
    assert {"ink", "soft", "wrong-ink"} <= named
    low = {name for name in named if _contrast(colour[name], colour["page"]) < 4.5}
    assert not low


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

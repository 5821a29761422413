"""Every page that the verbs write, as they write it: the report with all its parts, the gallery, the layers."""

from __future__ import annotations

from pathlib import Path

import pytest

import headstart
from tests.cli.conftest import tree
from tests.web import chromium
from tests.web.axe import light_and_dark, serious
from tests.web.conftest import BROWSER
from tests.web.test_report import stands

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
PARTS = ("explained", "embedding", "certainty", "points", "levels")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("whole")
    names = ("circle", "cross", "square")
    pictures = tree(root / "shapes", names=names, each=40)
    kinds = root / "tree.yaml"
    kinds.write_text("round: [circle]\nstraight: [cross, square]\n")
    headstart.train(pictures, case=1, output=root / "run", taxonomy=str(kinds), sensitivity={"cross": 0.8})
    headstart.review(pictures, output=root / "review")
    inspected = headstart.inspect("small", data=pictures)
    (root / "layers.html").write_text(inspected.page().html, encoding="utf-8")
    return {
        "report": root / "run" / "report.html",
        "review": root / "review" / "review.html",
        "layers": root / "layers.html",
    }


def test_the_report_has_all_its_parts(pages: dict[str, Path]) -> None:
    written = pages["report"].read_text(encoding="utf-8")
    assert [part for part in PARTS if f'<section id="{part}"' not in written] == []


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("name", ["report", "review", "layers"])
def test_nothing_overflows_fails_or_is_asked_for(
    browser: chromium.Chromium, pages: dict[str, Path], name: str, width: int
) -> None:
    stands(browser, pages[name], width)


@light_and_dark
@pytest.mark.parametrize("name", ["report", "review", "layers"])
def test_axe_finds_nothing_serious(
    browser: chromium.Chromium, pages: dict[str, Path], name: str, dark: bool
) -> None:
    browser.open(pages[name], 390, dark=dark)
    serious(browser)

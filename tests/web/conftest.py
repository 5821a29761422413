"""A browser, where this machine has one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web import chromium

BROWSER = chromium.found()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Chromium]:
    assert BROWSER
    opened = chromium.Chromium(BROWSER, tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()

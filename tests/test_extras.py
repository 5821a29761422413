"""What a lacking package is answered with: a command that works for how headstart was installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headstart import extras
from headstart.errors import MissingError
from headstart.model import exports

PLACE = {"url": "file:///home/me/head%20start", "dir_info": {}}


@pytest.mark.parametrize(
    ("noted", "command"),
    [
        (None, "pip install 'headstart[train]'"),
        ("", "pip install 'headstart[train]'"),
        ("{", "pip install 'headstart[train]'"),
        (json.dumps({"url": "https://host/headstart.whl"}), "pip install 'headstart[train]'"),
        (json.dumps(PLACE), "pip install '/home/me/head start[train]'"),
        (
            json.dumps({**PLACE, "dir_info": {"editable": True}}),
            "pip install -e '/home/me/head start[train]'",
        ),
        (json.dumps({"url": "file:///a.whl", "archive_info": {}}), "pip install '/a.whl[train]'"),
    ],
)
@pytest.mark.skipif("os.name == 'nt'", reason="paths of POSIX")
def test_an_extra_comes_from_where_headstart_came_from(noted, command, monkeypatch):
    found = SimpleNamespace(read_text=lambda name: noted)
    monkeypatch.setattr(extras.metadata, "distribution", lambda name: found)
    assert extras.command() == command
    assert extras.command("demo") == command.replace("train", "demo")


def test_what_was_never_installed_is_named(monkeypatch):
    def lacking(name: str) -> None:
        raise extras.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(extras.metadata, "distribution", lacking)
    assert extras.command() == "pip install 'headstart[train]'"


@pytest.mark.parametrize("package", extras.TRAIN)
def test_whichever_package_of_the_extra_is_lacking_is_named(package, monkeypatch):
    monkeypatch.setattr(extras, "installed", lambda name: name != package)
    with pytest.raises(MissingError, match=f"^compare: needs {package}; pip install "):
        extras.need("compare")


@pytest.mark.parametrize("name", ["timm", "torch"])
def test_an_export_that_needs_torch_says_so_with_the_size(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    made, nothing = exports.exporter_of(name), cast(Any, None)
    with pytest.raises(MissingError) as refused:
        made.opened(Path("nowhere"), nothing)
    assert str(refused.value) == f"export to {name}: needs torch; {extras.command()} (about 5.7 GB on disk)"


def test_other_extras_have_no_size():
    with pytest.raises(MissingError) as refused, extras.needed_for("serve", "serve"):
        raise ImportError(name="uvicorn")
    assert str(refused.value) == f"serve: needs uvicorn; {extras.command('serve')}"

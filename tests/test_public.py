"""What is public is described: every name has a docstring, which tells of errors, shapes and units; and it is typed."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import headstart

HOUSE = Path(headstart.__file__).parent
ROOMS = ["headstart", *sorted(f"headstart.{place.parent.name}" for place in HOUSE.glob("*/__init__.py"))]
# Functions that a user can get no error from: they answer with what is there.
RAISE_NOTHING = {
    "headstart.assess.baselines_dict",
    "headstart.assess.hindsight",
    "headstart.assess.pool",
    "headstart.assess.summarise",
    "headstart.backbone.available",
    "headstart.backbone.here",
    "headstart.backbone.parameters",
    "headstart.model.versions",
    "headstart.report.draw",
    "headstart.report.render",
    "headstart.runtime.is_converted",
    "headstart.runtime.machine",
    "headstart.runtime.measure_once",
}
SAY_IT_BY_THEIR_NAMES = {"to_dict", "from_dict"}
SHAPE = re.compile(r"\[[A-Za-z0-9]\w*( [−·+] \w+)?(, [^\]]+)?\]")


def public() -> Iterator[tuple[str, Any]]:
    """(where it stands, what it is): functions, classes and rooms; constants have no docstrings."""
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isroutine(value) or isinstance(value, types.ModuleType):
                yield f"{room}.{name}", value


PUBLIC = dict(public())
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}
CLASSES = {value.__qualname__: value for value in PUBLIC.values() if inspect.isclass(value)}


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The methods and properties that a class defines by itself."""
    for name, value in vars(kind).items():
        plain = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if not name.startswith("_") and inspect.isfunction(plain):
            yield name, plain


def told(value: Any) -> str:
    return " ".join((inspect.getdoc(value) or "").split())


def has_arrays(function: Any) -> bool:
    return "ndarray" in str(inspect.signature(function))


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_names_is_there(room):
    module = importlib.import_module(room)
    names = list(getattr(module, "__all__", ()))
    assert len(names) == len(set(names))
    assert not [name for name in names if not hasattr(module, name)]
    assert module.__doc__


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_docstring(name):
    own = vars(PUBLIC[name]).get("__doc__") if inspect.isclass(PUBLIC[name]) else told(PUBLIC[name])
    assert own
    assert not own.startswith(f"{name.rpartition('.')[2]}("), "a dataclass writes such a line by itself"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_tell_their_errors_and_shapes(name):
    text = told(FUNCTIONS[name])
    assert ("Raises " in text) != (name in RAISE_NOTHING)
    assert SHAPE.search(text) or not has_arrays(FUNCTIONS[name])


@pytest.mark.parametrize("name", CLASSES)
def test_methods_tell_what_they_do_their_errors_and_shapes(name):
    kind = CLASSES[name]
    for member, function in members(kind):
        text = told(function)
        assert text or member in SAY_IT_BY_THEIR_NAMES, f"{name}.{member} has no docstring"
        assert "Raises" in text or "raise " not in inspect.getsource(function), f"{name}.{member}: errors"
        both = f"{text} {told(kind)}"
        assert SHAPE.search(both) or not has_arrays(function), f"{name}.{member}: shapes"


def test_the_exceptions_are_needed():
    assert set(FUNCTIONS) >= RAISE_NOTHING


USER = """
import numpy as np

import headstart

notes = headstart.load_data((["a.png", "b.png"], ["a", "b"]), training=False).notes
dataset: headstart.Dataset = headstart.load_data("flowers").dataset
parts = headstart.partition(dataset, seed=0)
network: headstart.Backbone = headstart.load_backbone("small")
plan: headstart.Plan = headstart.decide(headstart.measure(dataset, parts, network), network)
model: headstart.Model = headstart.Model.of(headstart.fit(plan, network, dataset, parts))
rows: np.ndarray = headstart.features(["a.png", b"", np.zeros((4, 4, 3), np.uint8)], cut="layer1")
named: np.ndarray = headstart.Classifier(case=1).fit(["a.png"], ["a"]).predict(["b.png"])
moved: np.ndarray = headstart.FeatureExtractor("small", "layer1").transform(["a.png"])
probabilities: np.ndarray = headstart.load("bundle").probabilities("a.png")
headstart.save(model, "bundle")
"""


def test_the_wheel_says_that_the_package_is_typed():
    root = HOUSE.parents[1]
    wheel = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(root))
    assert "headstart/py.typed" in {file.distribution_path for file in wheel.recurse_included_files()}


def test_a_users_script_is_checked_by_the_types(tmp_path):
    """As in an environment where the package is installed: a wrong use is seen, a right one passes."""
    checker = Path(sys.executable).parent / "pyright"
    if not checker.exists():
        pytest.skip("pyright is not installed beside this Python")
    (tmp_path / "right.py").write_text(USER, encoding="utf-8")
    (tmp_path / "wrong.py").write_text("import headstart\nheadstart.features([], cut=3)\n", encoding="utf-8")
    settings = f'{{"extraPaths": ["{HOUSE.parent}"], "pythonVersion": "3.11"}}'
    (tmp_path / "pyrightconfig.json").write_text(settings, encoding="utf-8")
    command = [checker, "--pythonpath", sys.executable, "-p", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if " - error: " in line]
    assert [line.strip().partition(":")[0].endswith("wrong.py") for line in errors] == [True], done.stdout

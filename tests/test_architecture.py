"""The arrows of the house: a folder imports only from folders above it, and no files import in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "headstart"
FLOORS = (
    "errors",
    "extras",
    "locks",
    "files",
    "progress",
    "intervals",
    "stopping",
    "strangers",
    "seals",
    "cache",
    "counts",
    "written",
)
ROOMS = (
    "data",
    "heads",
    "certainty",
    "backbone",
    "runtime",
    "extraction",
    "evidence",
    "planning",
    "training",
    "source",
    "web",
    "model",
    "assess",
    "seeing",
    "explaining",
    "screening",
    "study",
    "report",
    "estimators",
    "job",
    "server",
    "cli",
)
# The front door names what stands in every room, and loads it only when asked.
DOORS = ("headstart", "headstart.__main__")
FILES = sorted(ROOT.rglob("*.py"))


def module_of(path: Path) -> str:
    """`headstart.data.split` for src/headstart/data/split.py."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def imported(path: Path, *, executed: bool = False) -> set[str]:
    """The project's modules that a file names anywhere in it, or only those that its code ever imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in _executed(tree) if executed else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else node.module)
    return {name for name in found if name.partition(".")[0] == "headstart"}


def _executed(tree: ast.AST) -> list[ast.AST]:
    """The nodes outside `if TYPE_CHECKING`."""
    nodes: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.If) or ast.unparse(node.test) != "TYPE_CHECKING":
            nodes += [node, *_executed(node)]
    return nodes


def height(module: str) -> int:
    """0 for what all may use, then the rooms from top to bottom."""
    name = module.split(".")[1]
    return 0 if name in FLOORS else 1 + ROOMS.index(name)


@pytest.mark.parametrize("module", [name for name in MODULES if name not in DOORS])
def test_a_folder_imports_only_from_folders_above_it(module: str) -> None:
    for other in imported(MODULES[module]):
        if other != "headstart":
            assert height(other) <= height(module), f"{module} imports {other}, which lies below it"


def test_every_folder_has_its_place() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_are_absolute(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    assert not [node.lineno for node in nodes if isinstance(node, ast.ImportFrom) and node.level]


def test_no_circle_between_files() -> None:
    """Imports inside functions count: they too are what a file cannot do without."""
    arrows = {
        module: {other for other in imported(path, executed=True) if other in MODULES and other != module}
        for module, path in MODULES.items()
        if module not in DOORS
    }
    assert circle(arrows) is None


def circle(arrows: dict[str, set[str]]) -> list[str] | None:
    """A way that comes back to where it began, or None."""
    done: set[str] = set()

    def visit(module: str, way: list[str]) -> list[str] | None:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return None
        for other in sorted(arrows.get(module, ())):
            if found := visit(other, [*way, module]):
                return found
        done.add(module)
        return None

    return next((found for module in sorted(arrows) if (found := visit(module, []))), None)


def test_the_search_finds_a_circle() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 350
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    long = [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno >= 60]
    # scikit-learn takes an estimator's parameters from its __init__, where each must stand by itself.
    listed = path.parent.name == "estimators"
    assert not [name for name in long if not (listed and name == "__init__")]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_text_files_name_their_encoding(path: Path) -> None:
    """Where none is named it is the machine's, which need not be UTF-8."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and _opens_text(call):
            assert "encoding" in {word.arg for word in call.keywords}, f"{path}:{call.lineno}"


def _opens_text(call: ast.Call) -> bool:
    """Whether it is open(), or a path's open(), read_text() or write_text(), in text mode."""
    name = ast.unparse(call.func)
    owner, _, method = name.rpartition(".")
    if method in ("read_text", "write_text"):
        return owner not in ("", "files")
    if method != "open" or owner in ("os", "Image", "tarfile", "zipped"):
        return False
    mode = next((k.value for k in call.keywords if k.arg == "mode"), None)
    given = mode or next(iter(call.args[1 if not owner else 0 :]), None)
    return given is None or (isinstance(given, ast.Constant) and "b" not in str(given.value))


def test_openvino_has_one_core() -> None:
    """Of two, the first to go takes the stack that signal handlers run on: see headstart.runtime.openvino.core()."""
    makers = [path.name for path in ROOT.rglob("*.py") if ".Core()" in path.read_text(encoding="utf-8")]
    assert makers == ["openvino.py"]


def test_the_plan_of_the_house_names_each_room_once() -> None:
    lines = (ROOT.parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1].strip() for line in lines if line.startswith("| `")]
    assert [row for row in rows if row.endswith("/`") and row.count("/") == 1] == [
        f"`{room}/`" for room in ROOMS
    ]

"""Every snippet of the README and the docs runs: Python in order, `headstart …` by the command line's main.

They run in a folder that holds what they speak of, small. A fence after `<!-- not run: reason -->` is passed over, and
so is a shell line that begins as one of NOT_RUN does; any other line that is no `headstart …` is a failure.
"""

from __future__ import annotations

import glob
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools.site import ELSEWHERE

from headstart import progress
from headstart.cli.main import main
from tests.cli.conftest import COLOURS, picture

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# How a shell line begins that no test runs → why.
NOT_RUN = {
    r"make\b": "sets up an environment, or runs this suite",
    r"(\S*/)?(python3?|pip)\b": "sets up an environment, or runs this suite",
    r"uv\b": "sets up an environment",
    r"git\b": "fetches the repository",
    r"\. \S*activate$": "sets up an environment",
    r"\.venv/bin/headstart\b": "installs or demonstrates; the same command without its path is run",
    r"headstart demo\b": "has a test of its own (tests/cli/test_demo.py)",
    r"headstart serve\b": "runs until it is stopped; has tests of its own (tests/server)",
    r"headstart .*\b(timm|torchvision):": "needs weights that would be downloaded",
    r"\$EDITOR\b": "is done by hand",
}
# The folders that the documents speak of → (pictures of each class, their side).
FOLDERS = {"flowers": (20, 40), "more-flowers": (4, 40), "birds": (6, 24), "my-birds": (8, 24)}
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]+?) -->\s*)?^```(?P<kind>python|sh)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Snippet:
    """kind: "python" or "sh"; line: where the text begins; reason: why it is not run, or ""."""

    kind: str
    text: str
    line: int
    reason: str


def snippets(text: str) -> list[Snippet]:
    return [
        Snippet(
            found["kind"], found["text"], text.count("\n", 0, found.start("text")) + 1, found["reason"] or ""
        )
        for found in _FENCE.finditer(text)
    ]


def commands(text: str) -> list[str]:
    """The lines of a shell snippet, continued ones joined, without remarks."""
    lines = text.replace("\\\n", " ").splitlines()
    bare = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return [line for line in bare if line]


def excused(command: str) -> bool:
    return any(re.match(pattern, command) for pattern in NOT_RUN)


def expanded(command: str) -> list[str]:
    """The arguments after `headstart`, globs expanded as a shell does."""
    words = shlex.split(command)
    assert words[0] == "headstart", f"neither run nor excused in NOT_RUN: {command}"
    assert not {"|", ">", "<", "&&", ";"} & set(words), f"only plain commands are run: {command}"
    return [name for word in words[1:] for name in (sorted(glob.glob(word)) or [word])]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Path]:
    """flowers/daisy/*.jpg and so on, and new/*.jpg."""
    place, rng = tmp_path, np.random.default_rng(0)
    for folder, (each, side) in FOLDERS.items():
        for name, shape in zip(("daisy", "rose"), COLOURS, strict=False):
            (place / folder / name).mkdir(parents=True)
            for number in range(each):
                picture(shape, rng, side).save(place / folder / name / f"{number}.jpg", quality=95)
    (place / "new").mkdir()
    for number in (1, 2, 3):
        picture("circle", rng).save(place / "new" / f"{number}.jpg")
    yield place
    progress.use(progress.Silent())  # what main() has set


WITH_SNIPPETS = [path for path in DOCUMENTS if snippets(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", WITH_SNIPPETS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_snippets_do_what_they_say(path, world, monkeypatch, capsys):
    monkeypatch.chdir(world)
    namespace: dict[str, Any] = {}
    for snippet in snippets(path.read_text(encoding="utf-8")):
        if snippet.reason:
            continue
        if snippet.kind == "python":
            lines = "\n" * (snippet.line - 1) + snippet.text
            exec(compile(lines, path.name, "exec"), namespace)
            continue
        for command in commands(snippet.text):
            if not excused(command):
                code = main(expanded(command))
                assert code == 0, f"{path.name}:{snippet.line}: {command}\n{capsys.readouterr().err}"


def test_links_lead_somewhere():
    """Those within the repository, as it lies there; `make docs` asks for the anchors too."""
    pages = [*DOCUMENTS, *(ROOT / name for name in ELSEWHERE if name.endswith(".md"))]
    links = {
        (p, link) for p in pages for link in LINK.findall(p.read_text(encoding="utf-8")) if ":" not in link
    }
    lost = [(p, link) for p, link in links if not (p.parent / link).exists()]
    assert links
    assert not lost


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / "benchmarks" / "README.md"], ids=lambda path: path.name)
def test_no_section_stands_twice(path):
    sections = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert len(sections) == len(set(sections))


def test_the_documents_have_snippets():
    kinds = {one.kind for path in DOCUMENTS for one in snippets(path.read_text(encoding="utf-8"))}
    assert kinds == {"python", "sh"}


def test_snippets_are_found_and_excused_by_the_rules():
    found = snippets(
        "x\n```sh\na\n```\n<!-- not run: a\nreason -->\n\n```python\nb\n```\n```toml\nc\n```\n```\nd\n```\n"
    )
    assert found == [Snippet("sh", "a\n", 3, ""), Snippet("python", "b\n", 9, "a\nreason")]
    assert commands("a b  # c\n# d\n\ne \\\n  f\n") == ["a b", "e    f"]
    assert excused("make demo")
    assert not excused("headstart train flowers")
    with pytest.raises(AssertionError, match="neither run nor excused"):
        expanded("rm -r runs")

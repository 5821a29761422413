"""make docs: lays the pages in build/docs, makes build/site of them, and looks whether they ask for anything.

python -m tools.site [ZENSICAL]      the program that makes it; the one beside this Python where none is named
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools import reference

ROOT = Path(__file__).resolve().parents[1]
PAGES, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"
SHIPPED = "src/headstart/backbone/shipped"
CARDS = sorted((ROOT / SHIPPED).glob("*/README.md"))
# What stands elsewhere in the repository → where it stands on the site. What is below docs/ keeps its place.
ELSEWHERE = {
    "ARCHITECTURE.md": "house.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "README.md": "index.md",
    "benchmarks/README.md": "results.md",
    "docs/decisions": "decisions/index.md",
    "src/headstart/cli": "reference/command-line.md",
    "src/headstart/__init__.py": "reference/python.md",
    **{f"{SHIPPED}/{card.parent.name}/README.md": f"networks/{card.parent.name}.md" for card in CARDS},
}
MADE = {
    "reference/command-line.md": reference.command_line,
    "reference/python.md": reference.front_door,
    "reference/rooms.md": reference.rooms,
}
_LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)]*)?\))")
# What a page or a style would load; links that a reader follows are none.
_LOADS = re.compile(
    r"<(?:script|img|iframe|source)[^>]+src=\"?(?:https?:)?//|<link[^>]+stylesheet[^>]+//|url\(\W?https?:"
)


def main() -> None:
    beside = Path(sys.executable).with_name("zensical")
    _lay()
    command = [*(sys.argv[1:2] or [str(beside)]), "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    asking = [
        path for path in SITE.rglob("*") if path.suffix in (".html", ".css") and _LOADS.search(_text(path))
    ]
    assert not asking, f"these ask for something that is not on the site: {asking}"
    print(f"{SITE}: {len(list(SITE.rglob('*.html')))} pages")


def _lay() -> None:
    shutil.rmtree(PAGES, ignore_errors=True)
    places = {
        f"docs/{p.relative_to(ROOT / 'docs').as_posix()}": p for p in sorted((ROOT / "docs").rglob("*.md"))
    }
    sources = list(places) + [name for name in ELSEWHERE if name.endswith(".md") and name != "README.md"]
    for source in sources:
        _write(_target(source), _relinked(_text(ROOT / source), source))
    for target, make in MADE.items():
        _write(target, make())
    _write("decisions/index.md", _index())


def _target(source: str) -> str:
    """Where a file of the repository stands on the site; pictures too."""
    if source in ELSEWHERE:
        return ELSEWHERE[source]
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    return f"pictures/{source.replace('/', '-')}"


def _relinked(text: str, source: str) -> str:
    """The text with its links as they must be on the site. Pictures that it shows are laid there too."""
    here = os.path.dirname(source)

    def moved(found: re.Match[str]) -> str:
        if ":" in found[2]:
            return found[0]
        path = os.path.normpath(os.path.join(here, found[2]))
        target = _target(path)
        if path.endswith((".png", ".svg")):
            (PAGES / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, PAGES / target)
        return f"{found[1]}{os.path.relpath(target, os.path.dirname(_target(source)) or '.')}{found[3]}"

    return _LINK.sub(moved, text)


def _index() -> str:
    """All decisions by number."""
    rows = []
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        title, date = [line for line in _text(path).splitlines() if line][:2]
        rows.append(f"| {path.name[:4]} | [{title.removeprefix('# ')}]({path.name}) | {date} |")
    head = "# Decisions\n\nWhat was decided, when and why, a page each.\n\n| | decision | date |\n|-|-|-|\n"
    return head + "\n".join(rows) + "\n"


def _write(target: str, text: str) -> None:
    path = PAGES / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()

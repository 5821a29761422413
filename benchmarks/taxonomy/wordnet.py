"""A tree over classes that are called by WordNet ids, such as n02119789, from WordNet 3.0's nouns.

    python benchmarks/taxonomy/wordnet.py DATA.NOUN FOLDER > tree.yaml

DATA.NOUN is data.noun as Debian's wordnet-base has it (apt-get download wordnet-base; dpkg -x). FOLDER holds a folder a
class. Of several hypernyms the first counts; nodes with one node below them are passed over.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from headstart.data.taxonomy import Taxonomy
from headstart.data.trees import grown

_HYPERNYM = re.compile(r" @i? (\d{8}) n ")


def nouns(path: Path) -> dict[str, tuple[str, str]]:
    """Id → (its first word, the id of its first hypernym or "")."""
    found = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith(" "):
            continue
        above = _HYPERNYM.search(line)
        found["n" + line[:8]] = (line.split()[4].replace("_", " "), (above and "n" + above[1]) or "")
    return found


def tree(path: Path, classes: Iterable[str]) -> Taxonomy:
    """The tree of the classes."""
    known, classes = nouns(path), sorted(classes)
    ways = {name: _way(known, name) for name in classes}
    below: dict[str, set[str]] = {}
    for way in ways.values():
        for upper, lower in pairwise(way):
            below.setdefault(upper, set()).add(lower)
    kept = {node for node, children in below.items() if len(children) > 1}
    branches = [
        (*(f"{known[node][0]} {node}" for node in way[1:-1] if node in kept), name)
        for name, way in ways.items()
    ]
    while len({branch[0] for branch in branches}) == 1:
        branches = [branch[1:] for branch in branches]
    return grown("WordNet", branches, origin="WordNet 3.0")


def _way(known: dict[str, tuple[str, str]], name: str) -> list[str]:
    """From the top down to the class."""
    way = [name]
    while above := known[way[-1]][1]:
        way.append(above)
    return way[::-1]


def nested(found: Taxonomy, place: int = 0) -> dict | None:
    return {found.names[child]: nested(found, child) for child in found.children[place]} or None


if __name__ == "__main__":
    folders = [entry.name for entry in Path(sys.argv[2]).iterdir() if entry.is_dir()]
    print(json.dumps(nested(tree(Path(sys.argv[1]), folders)), indent=1))

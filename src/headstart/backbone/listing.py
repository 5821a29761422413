"""Which networks there are: those in the box, and those of the libraries that are installed."""

from __future__ import annotations

import difflib
import fnmatch
import itertools
from pathlib import Path

from headstart import extras, progress
from headstart.backbone import folder as folders
from headstart.backbone import lite0
from headstart.backbone.entry import Entry
from headstart.backbone.families import FAMILIES, family_of
from headstart.errors import BackboneError


def available(pattern: str | None = None) -> list[Entry]:
    """Every backbone whose name holds `pattern` (plain text, or a shell pattern), names that begin with it first.

    Says which libraries' networks cannot be listed.
    """
    if absent := [name for name in FAMILIES if not _offers(name)]:
        progress.say(f"networks of {' and '.join(absent)} are not listed: {extras.command()}")
    entries = _entries()
    if not pattern:
        return entries
    found = [entry for entry in entries if fnmatch.fnmatch(entry.name.lower(), f"*{pattern.lower()}*")]
    return sorted(found, key=lambda entry: not _begins(entry.name.lower(), pattern.lower()))


def _offers(family: str) -> bool:
    """Whether the family's networks can be made here."""
    return extras.installed("torch") and extras.installed(family)


def _entries() -> list[Entry]:
    libraries = [family().entries() for name, family in FAMILIES.items() if _offers(name)]
    return [*folders.entries(), *itertools.chain(*libraries)]


def _begins(name: str, pattern: str) -> bool:
    return any(fnmatch.fnmatch(start, f"{pattern}*") for start in (name, name.partition(":")[2]))


def here(name: str) -> bool:
    """Whether the weights of the backbone called `name` lie on this machine; True for what no library offers."""
    if name == lite0.NAME:
        return lite0.here()
    with extras.needed_for(f"backbone {name!r}"):
        found = family_of(name)
    return found is None or found[0].here(found[1])


def unknown(name: str) -> BackboneError:
    """What is to be raised of a name that leads to no network."""
    family, _, rest = name.replace("\\", "/").partition("/")
    place = Path(name).expanduser()
    if family in FAMILIES and not place.exists():
        return BackboneError(f"backbone {name!r} is unknown; did you mean {family}:{rest}?")
    if rest or place.is_dir():
        what = "holds no backbone" if place.is_dir() else "a file" if place.exists() else "no such folder"
        return BackboneError(f"{name}: {what}; expected a folder written by `headstart pretrain`")
    known = list(dict.fromkeys(entry.name.partition(".")[0] for entry in _entries()))  # without weights' tags
    near = [entry for entry in known if entry.partition(":")[2] == name]
    near = near or difflib.get_close_matches(name, known, n=2, cutoff=0.75)
    hint = f"; did you mean {' or '.join(near)}?" if near else ";"
    return BackboneError(f"backbone {name!r} is unknown{hint} `headstart backbones` lists them")

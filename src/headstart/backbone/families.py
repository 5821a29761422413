"""Families of networks: which library a name is of, by the word before its colon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from headstart.backbone.entry import Entry
    from headstart.backbone.network import Network


class Family(Protocol):
    """What a library's networks are had from: a module with these functions. Names are without the family's."""

    def network(
        self, name: str, kwargs: Mapping[str, Any], file: str | None, /, *, pretrained: bool
    ) -> Network: ...

    def entries(self) -> list[Entry]: ...

    def here(self, name: str, /) -> bool: ...


def _timm() -> Family:
    from headstart.backbone import from_timm

    return from_timm


def _torchvision() -> Family:
    from headstart.backbone import from_torchvision

    return from_torchvision


# Word before the colon → the family; a library is imported when one of its networks is asked for.
FAMILIES: dict[str, Callable[[], Family]] = {"timm": _timm, "torchvision": _torchvision}


def family_of(name: str) -> tuple[Family, str] | None:
    """(the family of the network called `name`, its name there); None for what is of none."""
    word, _, rest = name.partition(":")
    return (FAMILIES[word](), rest) if word in FAMILIES and rest else None

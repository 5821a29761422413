"""usable(): pictures asked about batch by batch, those that cannot be used set aside. Good batches are decoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from headstart.errors import PictureError

if TYPE_CHECKING:
    from headstart.data import BadPicture
    from headstart.data.given import Given

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """A batch. paths: what the usable pictures are called; found: what was asked of them, None where none is usable;
    left_out: those that cannot be used; short: those of the usable whose end is missing."""

    paths: tuple[str, ...]
    found: T | None
    left_out: tuple[BadPicture, ...] = ()
    short: tuple[str, ...] = ()


def usable(
    pictures: Sequence[str | Given],
    ask: Callable[[list[Any], str], T],
    *,
    size: int,
    workers: int,
    truncated: str,
) -> Iterator[Part[T]]:
    """`size` of the pictures, paths or in memory, at a time. ask(pictures, truncated) raises PictureError where one
    cannot be used; truncated: "keep" takes JPEGs whose end is missing."""
    from headstart.data.given import name_of

    for start in range(0, len(pictures), size):
        batch = list(pictures[start : start + size])
        try:
            part = Part(tuple(map(name_of, batch)), ask(batch, "refuse"))
        except PictureError:
            part = _sifted(batch, ask, workers, truncated)
        yield part


def _sifted(
    batch: list[str | Given], ask: Callable[[list[Any], str], T], workers: int, truncated: str
) -> Part[T]:
    """Of a batch in which a picture cannot be used."""
    from headstart.data import BadPicture
    from headstart.data.given import name_of
    from headstart.data.quality import examine_all

    seen = examine_all(batch, workers=workers, truncated=truncated)
    kept = [(one, found) for one, found in zip(batch, seen, strict=True) if not isinstance(found, BadPicture)]
    return Part(
        tuple(name_of(one) for one, _ in kept),
        ask([one for one, _ in kept], truncated) if kept else None,
        tuple(found for found in seen if isinstance(found, BadPicture)),
        tuple(name_of(one) for one, found in kept if not found.whole),
    )

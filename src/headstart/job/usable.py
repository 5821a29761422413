"""usable(): pictures asked about batch by batch, those that cannot be used set aside. Good batches are decoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from headstart.errors import PictureError

if TYPE_CHECKING:
    from headstart.data import BadPicture

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """A batch. paths: the usable pictures; found: what was asked of them, None where none is usable; left_out: those
    that cannot be used; short: those of the usable whose end is missing."""

    paths: tuple[str, ...]
    found: T | None
    left_out: tuple[BadPicture, ...] = ()
    short: tuple[str, ...] = ()


def usable(
    paths: Sequence[str], ask: Callable[[list[str], str], T], *, size: int, workers: int, truncated: str
) -> Iterator[Part[T]]:
    """`size` of the paths at a time. ask(pictures, truncated) raises PictureError where one cannot be used; truncated:
    "keep" takes JPEGs whose end is missing."""
    for start in range(0, len(paths), size):
        batch = list(paths[start : start + size])
        try:
            part = Part(tuple(batch), ask(batch, "refuse"))
        except PictureError:
            part = _sifted(batch, ask, workers, truncated)
        yield part


def _sifted(batch: list[str], ask: Callable[[list[str], str], T], workers: int, truncated: str) -> Part[T]:
    """Of a batch in which a picture cannot be used."""
    from headstart.data import BadPicture
    from headstart.data.quality import examine_all

    seen = examine_all(batch, workers=workers, truncated=truncated)
    good = {path: one for path, one in zip(batch, seen, strict=True) if not isinstance(one, BadPicture)}
    kept = [path for path in batch if path in good]
    return Part(
        tuple(kept),
        ask(kept, truncated) if kept else None,
        tuple(one for one in seen if isinstance(one, BadPicture)),
        tuple(path for path in kept if not good[path].whole),
    )

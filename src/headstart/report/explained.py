"""The part of a run's report on why: mistakes and sure answers with what the model looks at laid over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.data.given import Given, name_of
from headstart.explaining import overlay, words
from headstart.explaining.explained import Explained
from headstart.report.thumbnails import Album, Thumbnail, uri

_SIDE = 48  # pixels of a map; the page makes it as large as the picture


@dataclass(frozen=True)
class ExplainedPicture:
    """A report picture, its true class, and why it was named so.

    window  (left, top, width, height) of what the network sees of it, each as a share of the picture
    near    the training pictures that lie nearest, each of why.nearest; "" where the data set does not have it
    """

    picture: str | Given
    label: str
    why: Explained
    window: tuple[float, float, float, float]
    near: tuple[str | Given, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "picture": name_of(self.picture),
            "label": self.label,
            "why": self.why.to_dict(),
            "window": list(self.window),
            "near": [name_of(one) for one in self.near],
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> ExplainedPicture:
        """What to_dict() gave."""
        left, top, width, height = values["window"]
        why = Explained.from_dict(values["why"])
        return ExplainedPicture(
            values["picture"], values["label"], why, (left, top, width, height), tuple(values["near"])
        )


@dataclass(frozen=True)
class ExplainedPictures:
    """Mistakes and right answers, of both the surest."""

    mistakes: tuple[ExplainedPicture, ...]
    hits: tuple[ExplainedPicture, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "mistakes": [one.to_dict() for one in self.mistakes],
            "hits": [one.to_dict() for one in self.hits],
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> ExplainedPictures:
        """What to_dict() gave."""
        parts = (tuple(map(ExplainedPicture.from_dict, values[name])) for name in ("mistakes", "hits"))
        return ExplainedPictures(*parts)


@dataclass(frozen=True)
class Card:
    """An explained picture as the page shows it.

    layer: the map as a data URI; place: where it lies, as a style; said: sentences; near: training pictures with their
    classes."""

    of: ExplainedPicture
    thumbnail: Thumbnail
    layer: str
    place: str
    said: tuple[str, ...]
    near: tuple[tuple[Thumbnail, str], ...]


def section(found: ExplainedPictures, album: Album) -> dict[str, Any]:
    """What templates/explained.html shows."""
    every = (*found.mistakes, *found.hits)
    return {
        "mistakes": [_card(one, album) for one in found.mistakes],
        "hits": [_card(one, album) for one in found.hits],
        "distrusted": sum(not one.why.trusted for one in every),
        "shown": len(every),
        "method": every[0].why.method if every else "",
        "distrust": words.DISTRUST,
    }


def _card(one: ExplainedPicture, album: Album) -> Card:
    names = ("left", "top", "width", "height")
    place = ";".join(f"{name}:{100 * share:.2f}%" for name, share in zip(names, one.window, strict=True))
    why = one.why
    return Card(
        one,
        album.thumbnail(one.picture),
        layer_uri(why.map),
        place,
        tuple(f"{said[0].upper()}{said[1:]}." for said in (words.where(why), words.trust(why))),
        tuple(
            (album.thumbnail(near) if near else Thumbnail("", ""), each.label)
            for near, each in zip(one.near, why.nearest, strict=True)
        ),
    )


def layer_uri(grid: np.ndarray) -> str:
    """A map as a small PNG that a page lays over a picture."""
    return uri(overlay.png(overlay.layer(grid, _SIDE)), "png")

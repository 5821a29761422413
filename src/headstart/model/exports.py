"""The formats that a bundle can be exported to: a registry, and one export with its check."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from headstart import files
from headstart.errors import OptionError, OutputError
from headstart.model import export_card, parity
from headstart.model.formats.reader import Reader
from headstart.model.model import Model
from headstart.model.parity import Parity
from headstart.model.push import Pushed

# name → its file in headstart.model.formats
FORMATS = ("zip", "openvino", "onnx", "torch", "timm", "hf")
CHECK, CARD = "check.json", "README.md"


class Format(Protocol):
    """A file of headstart.model.formats that exports. Models that it is given come from a bundle's folder.

    ENDING  of the file that it writes, "" for a folder
    ABOUT   what it is, in a line
    USE     Markdown: how it is used, with FILE or FOLDER for its place
    """

    ENDING: str
    ABOUT: str
    USE: str
    export: Callable[[Model, Path], None]
    opened: Callable[[Path, Model], Reader]


@dataclass(frozen=True)
class Exported:
    """place: the file or folder that was written; check, card: the measured parity, as JSON, and the page that tells
    of it, beside the file or in the folder; pushed: where on the hub it lies as well."""

    format: str
    place: Path
    parity: Parity
    check: Path
    card: Path
    pushed: Pushed | None = None

    @property
    def files(self) -> dict[str, Path]:
        """All that belongs to it, by the names that it has in a folder of its own."""
        if self.place.is_dir():
            found = (path for path in self.place.rglob("*") if path.is_file())
            return {path.relative_to(self.place).as_posix(): path for path in found}
        return {self.place.name: self.place, CHECK: self.check, CARD: self.card}

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        return {
            "format": self.format,
            "path": str(self.place),
            "check": {"path": str(self.check), **self.parity.to_dict()},
            "card": str(self.card),
            "pushed": self.pushed and self.pushed.to_dict(),
        }


def format_of(name: str) -> Format:
    """Raises OptionError, with the nearest of those that there are."""
    if name not in FORMATS:
        near = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise OptionError(f"format {name!r} is unknown; {hint}expected one of {', '.join(FORMATS)}")
    return cast(Format, importlib.import_module(f"headstart.model.formats.{name}"))


def export(
    model: Model, name: str, place: Path, pictures: Any = (), *, force: bool = False, repository: str = ""
) -> Exported:
    """Writes a bundle's model as `name` to `place`, where it is checked before it takes that place.

    pictures: what the check looks at, as for Model.probabilities(); with none, generated ones. force: what lies at
    `place` is replaced. repository: on the hub, from where the card tells to use it. Raises OptionError, OutputError,
    BundleError, BackboneError, MissingError, PictureError.
    """
    made = format_of(name)
    if place.exists() and not force and not (place.is_dir() and files.is_free(place)):
        raise OutputError(
            f"{place}: already there; name another place, or say that it may be replaced (--force)"
        )
    with files.replacing(place) as temporary:
        made.export(model, temporary)
        found = parity.measure(model, made.opened(temporary, model), pictures)
        parity.confirm(found, str(place))
        card = export_card.text(made, name, model, found, place.name, repository)
        if not made.ENDING:
            _beside(card, found, temporary / CHECK, temporary / CARD)
    check, page = (place / CHECK, place / CARD) if not made.ENDING else _names(place)
    if made.ENDING:
        _beside(card, found, check, page)
    return Exported(name, place, found, check, page)


def _names(place: Path) -> tuple[Path, Path]:
    """Of the check and the card beside a file."""
    return place.with_name(f"{place.name}.{CHECK}"), place.with_name(f"{place.name}.{CARD}")


def _beside(card: str, found: Parity, check: Path, page: Path) -> None:
    files.write_json(check, found.to_dict())
    files.write_text(page, card)

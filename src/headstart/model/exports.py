"""The formats that a bundle can be exported to: a registry, and one export with its check."""

from __future__ import annotations

import contextlib
import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from headstart import files
from headstart.errors import OptionError, OutputError
from headstart.model import export_card, parity
from headstart.model.formats.format import Format
from headstart.model.formats.reader import Reader, Unread
from headstart.model.model import Model
from headstart.model.parity import Parity
from headstart.model.push import Pushed
from headstart.web import node

# name → its file in headstart.model.formats
FORMATS = ("zip", "openvino", "onnx", "torch", "timm", "hf", "html")
EIGHT = 8
CHECK, CARD = "check.json", "README.md"


class Exporter(Protocol):
    """A file of headstart.model.formats that exports. Models that it is given come from a bundle's folder.

    FORMAT  what is told of it
    export  of a model, to a place; `bits` too where the format has a choice of them
    opened  what reads that place again, for the check
    """

    FORMAT: Format
    export: Callable[..., None]
    opened: Callable[[Path, Model], Reader | Unread]


@dataclass(frozen=True)
class Exported:
    """place: the file or folder that was written; parity: as measured, or why it was not; check, card: this as JSON,
    and the page that tells of it, beside the file or in the folder; pushed: where on the hub it lies as well."""

    format: str
    place: Path
    parity: Parity | Unread
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


def exporter_of(name: str) -> Exporter:
    """Raises OptionError, with the nearest of those that there are."""
    if name not in FORMATS:
        near = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise OptionError(f"format {name!r} is unknown; {hint}expected one of {', '.join(FORMATS)}")
    return cast(Exporter, importlib.import_module(f"headstart.model.formats.{name}"))


def export(
    model: Model,
    name: str,
    place: Path,
    pictures: Any = (),
    *,
    force: bool = False,
    bits: int = 16,
    repository: str = "",
) -> Exported:
    """Writes a bundle's model as `name` to `place`, where it is checked before it takes that place.

    pictures: what the check looks at, as for Model.probabilities(); with none, generated ones. force: what lies at
    `place` is replaced. bits: of the weights in `html`, 16 or 8; 8 only where the answers to `pictures` stay the same.
    repository: on the hub, from where the card tells to use it.

    Raises OptionError, OutputError, BundleError, BackboneError, MissingError, PictureError.
    """
    made = exporter_of(name)
    of = made.FORMAT
    _check_bits(bits, name, of, pictures)
    _check_ending(place, name, of)
    for one in (place, *(_names(place) if of.ending else ())):
        files.check_absent(one, force=force, folder=not of.ending)
    with files.replacing(place) as temporary:
        made.export(model, temporary, **({"bits": bits} if of.bits else {}))
        found = _measured(model, made.opened(temporary, model), pictures, place)
        card = export_card.text(of, model, found, place.name, repository, bits)
        if not of.ending:
            _beside(card, found, temporary / CHECK, temporary / CARD)
    check, page = (place / CHECK, place / CARD) if not of.ending else _names(place)
    if of.ending:
        _beside(card, found, check, page)
    return Exported(name, place, found, check, page)


def _check_bits(bits: int, name: str, of: Format, pictures: Any) -> None:
    """Raises OptionError."""
    if bits not in (16, EIGHT):
        raise OptionError(f"bits {bits!r}: expected 16 (half precision) or 8")
    if bits == EIGHT and EIGHT not in of.bits:
        able = ", ".join(one for one in FORMATS if EIGHT in exporter_of(one).FORMAT.bits)
        raise OptionError(f"bits: {name} keeps weights as they are; 8 bits are for {able}")
    if bits == EIGHT and not len(pictures):
        raise OptionError(
            "bits: 8 bits are kept only where the answers to pictures of yours stay the same; give some (--pictures)"
        )
    if bits == EIGHT and not node.found():
        raise OptionError("bits: 8 bits are kept only where node can check them; install node, or take 16")


def _check_ending(place: Path, name: str, of: Format) -> None:
    """Raises OutputError where `place` is named as what another format writes."""
    ending = place.suffix.lower()
    if not ending or ending == of.ending:
        return
    for one in FORMATS:
        if exporter_of(one).FORMAT.ending == ending:
            wanted = f"a file named {place.stem}{of.ending}" if of.ending else "a folder without an ending"
            raise OutputError(
                f"{place}: {ending} is the ending of {one}, and {name} writes {wanted}; "
                f"give another name, or --to {one}"
            )


def _measured(model: Model, reader: Reader | Unread, pictures: Any, place: Path) -> Parity | Unread:
    """Raises BundleError where the export does not say what its bundle says."""
    if isinstance(reader, Unread):
        return reader
    with contextlib.closing(reader):
        found = parity.measure(model, reader, pictures)
    parity.confirm(found, str(place))
    return found


def _names(place: Path) -> tuple[Path, Path]:
    """Of the check and the card beside a file."""
    return place.with_name(f"{place.name}.{CHECK}"), place.with_name(f"{place.name}.{CARD}")


def _beside(card: str, found: Parity | Unread, check: Path, page: Path) -> None:
    files.write_json(check, found.to_dict())
    files.write_text(page, card)

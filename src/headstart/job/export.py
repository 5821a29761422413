"""export(): a bundle in a form that other tools read, checked when it is made."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.model import Model
    from headstart.model.exports import Exported


def export(
    model: Model,
    to: str,
    output: str | Path | None = None,
    *,
    pictures: Any = (),
    force: bool = False,
    bits: int = 16,
) -> Exported:
    """Writes the model in the format `to`; see headstart.model.exports.export.

    output: where; None is usual(). Raises what that does.
    """
    from headstart.model import exports

    exports.format_of(to)
    with _kept(model) as bundle:
        place = Path(output) if output is not None else usual(model.folder or "model", to)
        return exports.export(bundle, to, place, pictures, force=force, bits=bits)


def usual(bundle: str | Path, to: str) -> Path:
    """Where an export is written that was given no place: here, named as the run: flowers.onnx, flowers-timm."""
    from headstart.model.archive import BUNDLE
    from headstart.model.exports import format_of

    place = Path(bundle).absolute()
    name = place.parent.name if place.name == BUNDLE else place.stem if place.is_file() else place.name
    ending = format_of(to).ENDING
    return Path(f"{name}{ending}" if ending else f"{name}-{to}")


@contextlib.contextmanager
def _kept(model: Model) -> Iterator[Model]:
    """The model as a bundle has it; one that lives in memory is saved for the block's time."""
    if model.folder is not None:
        yield model
        return
    from headstart.model import load, save

    with tempfile.TemporaryDirectory(prefix="headstart-") as folder:
        save(model, Path(folder) / "bundle")
        yield load(Path(folder) / "bundle")

"""export(): a bundle in a form that other tools read, checked when it is made."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.errors import OptionError

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
    push: str | None = None,
    private: bool = False,
) -> Exported:
    """Writes the model in the format `to`; see headstart.model.exports.export.

    output: where; None is usual(). push: a repository on the hub, where it is brought to as well; see
    headstart.model.push. Raises what these do.
    """
    from headstart.model import exports

    exports.exporter_of(to)
    if private and not push:
        raise OptionError(
            "private: says who may see what is pushed, and nothing is; name a repository (--push)"
        )
    with _kept(model) as bundle:
        place = Path(output) if output is not None else usual(model.folder or "model", to)
        done = partial(exports.export, bundle, to, place, pictures, force=force, bits=bits)
        return done() if push is None else _pushed(done, push, private=private, force=force)


def _pushed(done: Callable[..., Exported], repository: str, *, private: bool, force: bool) -> Exported:
    """What can go wrong on the hub is asked before the work, not after it."""
    from headstart.model import push

    push.confirm(repository, private=private, force=force)
    made = done(repository=repository)
    return replace(made, pushed=push.push(made.files, repository, private=private))


def usual(bundle: str | Path, to: str) -> Path:
    """Where an export is written that was given no place: here, named as the run: flowers.onnx, flowers-timm."""
    from headstart.model.archive import BUNDLE
    from headstart.model.exports import exporter_of

    place = Path(bundle).absolute()
    name = place.parent.name if place.name == BUNDLE else place.stem if place.is_file() else place.name
    ending = exporter_of(to).FORMAT.ending
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

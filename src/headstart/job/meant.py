"""What a call's arguments mean: pictures by their names, a model, a run or where one lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.errors import DataError
from headstart.job.options import Options

if TYPE_CHECKING:
    from headstart.data import BadPicture
    from headstart.job.run import Run
    from headstart.model import Model
    from headstart.runtime import Execution


def meant(
    verb: str, pictures: str | Path | Sequence[str | Path]
) -> tuple[tuple[str, ...], tuple[BadPicture, ...]]:
    """The pictures that are named, and what means none. Raises DataError."""
    from headstart import data

    named = pictures if isinstance(pictures, list | tuple) else [pictures]
    for one in named:
        if not isinstance(one, str | Path):
            raise DataError(
                f"{verb}: takes files, folders and globs, and was given {type(one).__name__}; "
                "for pictures in memory call probabilities() of the model"
            )
    return data.pictures([str(name) for name in named])


def model_of(model: Model | Run | str | Path) -> Model:
    """The model, of a run or of where a bundle lies. Raises BundleError."""
    from headstart import model as room
    from headstart.job.run import Run

    if isinstance(model, Run):
        return model.model
    return room.load(model) if isinstance(model, str | Path) else model


def execution_for(asked: Options, model: Model) -> Execution:
    """How a model's network runs: as was asked for, else as its plan says."""
    from headstart.job.prepare import execution_of

    return execution_of(asked, model.plan)

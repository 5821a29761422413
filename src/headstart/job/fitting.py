"""What every training of a job shares: how it goes, and on what it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from headstart.job.folder import CHECKPOINTS

if TYPE_CHECKING:
    from headstart.job.folder import Folder
    from headstart.job.options import Options
    from headstart.job.prepare import Prepared
    from headstart.training.epoch import Epoch
    from headstart.training.fit import Fitted
    from headstart.training.task import Settings


def settings_of(
    options: Options, folder: Folder | None = None, on_epoch: Callable[[Epoch], None] | None = None
) -> Settings:
    """How the trainings of a job go, its time shared among the folds where there are such.

    folder: where checkpoints lie, None for nowhere; on_epoch: told of every epoch.
    """
    from headstart.training.task import Settings

    settings = Settings(
        device=options.device,
        workers=options.workers,
        time_limit=options.share,
        checkpoints=folder.path / CHECKPOINTS if folder else None,
        resume=options.resume,
        threads=options.threads,
    )
    return settings if on_epoch is None else replace(settings, on_epoch=on_epoch)


def fit(
    prepared: Prepared, folder: Folder | None = None, on_epoch: Callable[[Epoch], None] | None = None
) -> Fitted:
    """Does the plan on the prepared training pictures; folder, on_epoch: as in settings_of().

    Raises what headstart.training.fit.fit does.
    """
    from headstart.training.fit import fit as train

    frozen = prepared.plan.frozen
    return train(
        prepared.plan,
        prepared.backbone,
        prepared.dataset,
        prepared.partition,
        execution=prepared.execution,
        settings=None if frozen else settings_of(prepared.options, folder, on_epoch),
    )

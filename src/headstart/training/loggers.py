"""Loggers: where the epochs of a training are written as they end. `Settings(on_epoch=logger.log)` has one told.

Each curve is named by the training's phase and the quantity: `fine-tune/train_loss`.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Protocol

from headstart import extras, files
from headstart.errors import HeadstartError
from headstart.training.epoch import Epoch

CURVES = (
    "train_loss",
    "selection_loss",
    "train_accuracy",
    "selection_accuracy",
    "lr",
    "size",
    "seconds",
)


class Logger(Protocol):
    """Is told of every epoch in order, and closed after the last."""

    def log(self, epoch: Epoch) -> None: ...

    def close(self) -> None: ...


class MetricsFile:
    """JSON lines, one for each epoch, appended to `path`. log() raises OutputError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def log(self, epoch: Epoch) -> None:
        files.append_line(self.path, json.dumps(epoch.to_dict()))

    def close(self) -> None:
        pass


class TensorBoard:
    """Event files in `folder`, by the epoch's number. Raises HeadstartError where tensorboard is lacking."""

    def __init__(self, folder: Path) -> None:
        module = _needed("torch.utils.tensorboard", "tensorboard")
        self._writer = module.SummaryWriter(str(folder))

    def log(self, epoch: Epoch) -> None:
        for name, value in _scalars(epoch).items():
            self._writer.add_scalar(name, value, epoch.epoch)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class WandB:
    """A run of the project at Weights & Biases. Raises HeadstartError where wandb is lacking.

    Nothing is sent unless the environment says WANDB_MODE=online: the run lies in ./wandb, and `wandb sync` sends it.
    """

    def __init__(self, project: str) -> None:
        module = _needed("wandb", "wandb")
        self._run = module.init(project=project, mode=os.environ.get("WANDB_MODE", "offline"))

    def log(self, epoch: Epoch) -> None:
        # Without a step, which may not fall back to 1 where another phase begins.
        self._run.log({**_scalars(epoch), _name(epoch, "epoch"): epoch.epoch})

    def close(self) -> None:
        self._run.finish()


def _scalars(epoch: Epoch) -> dict[str, float]:
    """Curve → value, of what the epoch tells."""
    record = epoch.to_dict()
    return {_name(epoch, key): record[key] for key in CURVES if key in record}


def _name(epoch: Epoch, quantity: str) -> str:
    return f"{epoch.phase}/{quantity}" if epoch.phase else quantity


def _needed(module: str, package: str) -> ModuleType:
    """The module of a package that the base install lacks. Raises HeadstartError."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise HeadstartError(
            f"{package} is not installed, which this logger needs: {extras.command(package)}"
        ) from error

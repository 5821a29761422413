"""Loggers of a job are told of every epoch, and closed whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.errors import HeadstartError, OptionError
from headstart.job import calls
from headstart.job.loggers import telling


class Kept:
    def __init__(self) -> None:
        self.epochs, self.closed = [], 0

    def log(self, epoch) -> None:
        assert not self.closed
        self.epochs.append(epoch.epoch)

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("fails", [False, True])
def test_they_are_told_and_closed(shapes: Path, backbone: Path, fails: bool) -> None:
    logger = Kept()

    def on_epoch(epoch) -> None:
        if fails:
            raise ValueError("mine")

    options = {"backbone": str(backbone), "case": 3, "epochs": 2, "batch_size": 16, "fallback": "none"}
    if fails:
        with pytest.raises(ValueError, match="mine"):
            calls.train(shapes, loggers=[logger], on_epoch=on_epoch, **options)
    else:
        calls.train(shapes, loggers=[logger], on_epoch=on_epoch, **options)
    assert logger.epochs == ([1] if fails else [1, 2])
    assert logger.closed == 1


def test_unknown_ones_are_refused_and_lacking_ones_named(tmp_path: Path, headstart, shapes: Path) -> None:
    with pytest.raises(OptionError, match="tensorboard=FOLDER"), telling(["mlflow=x"], print):
        pass
    answer = headstart("train", shapes, "--log", "mlflow=x", "-o", tmp_path / "run")
    assert (answer.code, "expected tensorboard=FOLDER or wandb=PROJECT" in answer.err) == (2, True)
    try:
        import wandb  # noqa: F401
    except ImportError:
        with pytest.raises(HeadstartError, match="pip install"), telling(["wandb=flowers"], print):
            pass

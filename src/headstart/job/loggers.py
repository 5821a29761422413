"""Loggers of a job: those that options name, told of every epoch and closed after the last."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from headstart import progress, written

if TYPE_CHECKING:
    from headstart.training.epoch import Epoch
    from headstart.training.loggers import Logger


@contextlib.contextmanager
def telling(
    log: Sequence[str], on_epoch: Callable[[Epoch], None], more: Sequence[Logger] = ()
) -> Iterator[Callable[[Epoch], None]]:
    """A callback that tells the loggers that `log` names ("tensorboard=FOLDER", "wandb=NAME"), `more`, then `on_epoch`.

    All are closed after the block. Raises OptionError, and HeadstartError where a logger's package is lacking.
    """
    with contextlib.ExitStack() as stack:
        loggers: list[Logger] = []
        for logger in (*more, *map(_opened, log)):
            stack.callback(_close, logger)
            loggers.append(logger)

        def tell(epoch: Epoch) -> None:
            for logger in loggers:
                logger.log(epoch)
            on_epoch(epoch)

        yield tell


def _close(logger: Logger) -> None:
    """What is trained is not lost because a logger fails at its end, which is said."""
    try:
        logger.close()
    except Exception as error:  # noqa: BLE001 - a stranger's code, of which anything may come
        progress.say(f"the logger {type(logger).__name__} could not be closed: {error}")


def _opened(text: str) -> Logger:
    from headstart.training.loggers import TensorBoard, WandB

    kind, place = written.logger(text)
    return TensorBoard(Path(place)) if kind == "tensorboard" else WandB(place)

"""Session: one command as it goes on, so that whoever stops it learns how to go on."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.cli.signals import ANEW
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.job.train import Hooks
    from headstart.training.epoch import Epoch


@dataclass
class Session:
    """words: the command as it was typed, its verb first; resumable: whether it has --resume; last_word: what a stop
    says of a command that runs until it is stopped, "" for others.

    folder, epoch: the run that it has taken, and what its last epoch came to.
    """

    words: Sequence[str] = ()
    resumable: bool = False
    last_word: str = ""
    folder: Path | None = None
    epoch: Epoch | None = None

    @property
    def command(self) -> str:
        """The command line as it can be typed again."""
        return shlex.join(["headstart", *self.words])

    def hooks(self, **more: Any) -> Hooks:
        """Hooks that keep the session up to date, and do `more`."""
        from headstart.job.train import Hooks

        return Hooks(on_begin=self._begin, on_epoch=self._epoch, **more)

    def _begin(self, folder: Path) -> None:
        self.folder = folder

    def _epoch(self, epoch: Epoch) -> None:
        self.epoch = epoch

    def way_on(self) -> str:
        """How to go on where the work was stopped: with --resume where this command has begun a run, and only there."""
        if self.last_word:
            return self.last_word
        if self.folder is None:
            return "nothing to resume yet, the same command begins anew" if self.resumable else ANEW
        verb, *rest = (word for word in self.words if word not in ("--force", "--resume"))
        again = shlex.join(["headstart", verb, "--resume", *rest])
        return f"{plain(str(self.folder))} keeps what is done{self._epochs()}; go on with: {plain(again)}"

    def _epochs(self) -> str:
        """How far the training has come, where it has epochs."""
        return f" ({self.epoch.epoch} of {self.epoch.epochs} epochs)" if self.epoch else ""

"""What training says, made from values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headstart.train.state import State


def bar(label: str, epoch: int, epochs: int) -> str:
    """Beside the bar of an epoch, numbered from 1."""
    return f"{label}, epoch {epoch} of {epochs}"


def time_held(label: str, epochs: float, asked: int) -> str:
    """Where a time limit cut the schedule to so many epochs."""
    return f"{label}: {epochs:.1f} of {asked} epochs, as many as the time limit held"


def no_number(label: str, epoch: int) -> str:
    """Where the loss has become infinite, or no number, in an epoch numbered from 1."""
    return f"{label}: the loss is no finite number in epoch {epoch}; lower --lr"


def no_checkpoint(label: str) -> str:
    return f"{label}: no checkpoint yet; it starts at its first epoch"


def resumed(label: str, state: State) -> str:
    """How far the checkpoint is, and where it goes on."""
    epochs, step = len(state.history), state.at.step
    done = f"{label}: {epochs} of {state.epochs} epochs are done"
    if step:
        return f"{done}, and {step} of {state.steps_per_epoch} steps of epoch {epochs + 1}; it goes on there"
    return (
        f"{done}; nothing is left to train" if state.last else f"{done}; it goes on with epoch {epochs + 1}"
    )

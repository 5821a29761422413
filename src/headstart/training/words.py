"""What training says, made from values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headstart.training.arms import Arm, Lead
    from headstart.training.state import State

SHOWN = 0.0005  # an accuracy below this rounds to 0.0 points


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


def sentence(arm: Arm) -> str:
    """An arm, its note included."""
    kept = "kept" if arm.chosen else "not kept"
    accuracy = "not measured" if arm.accuracy is None else f"{100 * arm.accuracy:.1f} %"
    of = "" if arm.groups == arm.n else f" of {arm.groups:,} groups"
    return f"{arm.name}: {accuracy} on {arm.n:,} selection pictures{of}, {note(arm)}; {kept}"


def note(arm: Arm) -> str:
    """What an arm's numbers mean: how it was measured, or how it stands beside the probe."""
    if arm.lead is not None:
        return _beside_the_probe(arm.lead)
    if arm.measured_by is None:
        return "frozen"
    if arm.accuracy is None:
        return "too few pictures to cross-validate"
    by, some = arm.measured_by, arm.n < arm.measured_by.pictures
    part = f"a part of the {by.pictures:,} training pictures" if some else "the training pictures"
    return f"{by.solver}, cross-validated on {part}"


def _beside_the_probe(lead: Lead) -> str:
    said = f"{100 * lead.gain:+.1f} ± {100 * lead.error:.1f} points on the probe"
    if lead.refit_gain >= SHOWN:
        refit = f"{100 * lead.refit_gain:.1f} that it would gain from the selection pictures"
        said += f", less {refit}: {100 * lead.net:+.1f}"
    if lead.expected is not None and lead.combined is not None:
        mean, spread = (100 * value for value in lead.expected)
        said += f"; {mean:+.1f} ± {spread:.1f} were expected, which makes {100 * lead.combined:+.1f}"
    return said + _why_not(lead)


def _why_not(lead: Lead) -> str:
    """Why a training does not succeed, where its numbers alone do not tell."""
    reasons = {
        "one group": ", but all of these pictures are one group, which tells nothing",
        "no more right": ", but no more of these pictures are right than the probe has",
        "within the error": f", not more than one standard error ({100 * lead.error:.1f})",
    }
    return reasons.get(lead.reason, "")


def probe_returned(arms: Iterable[Arm]) -> str:
    """The plan's reason where no training succeeds."""
    notes = "; ".join(f"{arm.name}: {arm.note}" for arm in arms if arm.name != "probe")
    return f"Training is not better than the frozen probe ({notes}); the probe is returned."


_STALE = {
    "pictures": "was measured on other training pictures than these",
    "training": "is of another training than the plan's rows, cut, head and recipe now say",
    "unknown": "does not say of which training it is told (gain_of)",
}


def gain_ignored(reason: str) -> str:
    """Where what the plan expects is told of other "pictures" or another "training", or of which is "unknown"."""
    stale = _STALE[reason]
    return f"the plan's gain {stale}: it does not count, and the selection pictures alone decide what is kept"


def too_few_epochs(label: str, epochs: int, asked: int) -> str:
    """Where a time limit cut a training so short that the plan's gain says nothing of it."""
    return (
        f"{label}: {epochs} of {asked} epochs are too few for the plan's gain to count; the selection "
        "pictures alone decide what is kept"
    )

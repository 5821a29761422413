"""What training says, made from values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from headstart.counts import percent
from headstart.training.course import by_heart

if TYPE_CHECKING:
    from headstart.planning.plan import Plan
    from headstart.training.arms import Arm, Lead
    from headstart.training.choice import Choice
    from headstart.training.course import Course
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
    accuracy = "not measured" if arm.accuracy is None else percent(arm.accuracy)
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


# Arm → what it is called where its plan is not at hand.
CALLED = {
    "probe": "the frozen network",
    "fine-tune": "training on from the pre-trained weights",
    "scratch": "training from random weights",
}


def called(name: str) -> str:
    """An arm, for people."""
    return CALLED.get(name, name)


def frozen(cut: Sequence[str]) -> str:
    """What a frozen probe at a cut does."""
    at = f"at {cut[0]}" if len(cut) == 1 else f"on {len(cut)} depths at once"
    return f"the pre-trained network as it is (frozen), with a new classifier {at}"


def doing(plan: Plan) -> str:
    """What a training does, by its rows."""
    trained = [row.stage for row in plan.rows if not row.frozen]
    what = "every layer" if len(trained) == len(plan.rows) else f"the layers of {', '.join(trained)}"
    if plan.from_scratch:
        return f"training {what} from random weights"
    drawn = any(row.init == "random" for row in plan.rows)
    return f"training {what} from {'partly random' if drawn else 'the pre-trained'} weights"


def choice(found: Choice) -> str:
    """Planned, tried, kept, because."""
    kept, planned = found.kept, found.done[found.planned]
    trainings = [arm for arm in found.tried if arm.lead is not None]
    if not trainings:
        return f"Planned, tried and kept: {found.done['probe']}. Nothing was trained but the new classifier."
    names = ["that", *(called(arm.name) for arm in found.tried if arm.name != found.planned)]
    tried = f"{', '.join(names[:-1])} and {names[-1]}"
    what = found.done[kept.name] if kept.name == "probe" else called(kept.name)
    return f"Planned: {planned}. Tried: {tried}. Kept: {what}, because {_because(found, trainings)}."


def _because(found: Choice, trainings: Sequence[Arm]) -> str:
    """The numbers on the pictures set aside for choosing, and what follows from them."""
    probe, arm = (
        found.tried[0],
        found.kept if found.kept.lead else max(trainings, key=lambda one: one.accuracy or 0),
    )
    lead = arm.lead
    assert lead is not None
    right = [round((one.accuracy or 0) * one.n) for one in (arm, probe)]
    said = (
        f"of {arm.n:,} pictures set aside for this choice, training named {right[0]:,} rightly and the frozen network "
        f"{right[1]:,}"
    )
    if arm.course is not None and arm.course.cut == "time limit":
        said += f", but the time limit ended it in epoch {arm.course.epochs:,} of {arm.course.asked:,}"
    if found.kept.lead is not None and not lead.succeeds:
        return f"no other way was allowed (fallback none); {said}"
    return said + _alike(lead)


def _alike(lead: Lead) -> str:
    """What a difference that is small, or made up for, comes to."""
    if lead.reason == "one group":
        return ", but all of these are one group, which tells nothing"
    refit = f"the frozen network is expected to gain {100 * lead.refit_gain:.1f} points by learning from these too"
    gains = f"; {refit}" if lead.gain > 0 and lead.refit_gain >= SHOWN else ""
    expected = (
        ""
        if lead.expected is None
        else f"{100 * lead.expected[0]:+.0f} points were expected of training beforehand"
    )
    if lead.apart:
        outweighed = expected and lead.gain > 0 and not lead.succeeds
        return gains + (f"; {expected}, which outweighs so few pictures" if outweighed else "")
    small = "so small a difference may well be chance: the two cannot be told apart"
    return f"{gains}; {small}" + (f", and {expected}" if expected else "")


def course(name: str, found: Course) -> str:
    """How a training went, in a sentence or two."""
    parts = [_length(found)]
    if found.train_accuracy is not None and found.selection_accuracy is not None:
        parts.append(
            f"right after epoch {found.kept}: {percent(found.train_accuracy, 0)} of the pictures it learnt from, "
            f"{percent(found.selection_accuracy, 0)} of others"
        )
    if found.by_heart:
        parts.append(_by_heart(found))
    return f"{called(name).capitalize()}: {'; '.join(parts)}."


def _length(found: Course) -> str:
    done = f"{found.epochs:,} of {found.asked:,} epochs"
    if found.cut == "patience":
        return f"stopped after {done}, since epoch {found.kept} was not bettered; its weights are kept"
    if found.cut == "time limit":
        return f"ended by the time limit in epoch {found.epochs:,} of {found.asked:,}"
    return f"all {found.asked:,} epochs"


def _by_heart(found: Course) -> str:
    if found.turned is None:
        return "it learns its own pictures by heart"
    return f"it learns its own pictures by heart from epoch {found.turned + 1} on"


def gap(arm: Arm) -> str:
    """A frozen head on the pictures it was solved on, against others; "" where one was not measured, or it trained."""
    if arm.course is not None or arm.train_accuracy is None or arm.accuracy is None:
        return ""
    return gap_of(arm.train_accuracy, arm.accuracy, arm.n)


def gap_of(own: float, others: float, n: int) -> str:
    """Of its accuracy on its own pictures, and on n others."""
    said = (
        f"Of the pictures that it learnt from it names {100 * own:.0f} of 100 rightly; in a rehearsal, where a part of "
        f"them was held out in turn, {100 * others:.0f}"
    )
    if not by_heart(own, others, n):
        return f"{said}: it has learnt what holds for others too."
    return f"{said}: it knows its own by heart."

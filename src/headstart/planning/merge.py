"""merge(): a plan from a file, and what is asked for beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from headstart.errors import PlanError
from headstart.planning.cases import cut_names
from headstart.planning.plan import Plan
from headstart.planning.rates import scaled
from headstart.planning.recipe import ARGUMENTS, overruled

# What the plan was measured for: another one is another plan.
MEASURED = ("backbone", "image_size", "seed", "case", "cut", "init")
# What changes nothing beside a plan, since nothing is measured then.
UNUSED = ("size", "similarity")
# Values of a plan that are laid over as they are; those of training among them.
PLAIN = ("head_init", "head_layers", "class_weight", "runtime", "precision", "fallback")
RATES = ("freeze_below", "lr_scale")


@dataclass(frozen=True)
class Change:
    """One value of a plan that was laid over: its name as in the plan's file, what it was, what it is now."""

    name: str
    before: object
    after: object

    def __str__(self) -> str:
        return f"{self.name} {_shown(self.before)} → {_shown(self.after)}"


@dataclass(frozen=True)
class Merged:
    """The plan that is to be done, and how it differs from the one that was given."""

    plan: Plan
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        """ "epochs 20 → 5, lr 0.001 → 0.01"; "" where nothing changed."""
        return ", ".join(map(str, self.changes))


def merge(
    plan: Plan,
    asked: Mapping[str, Any],
    *,
    where: str = "the plan",
    called: Callable[[str], str] = str,
) -> Merged:
    """`plan` with what is asked for laid over it; None asks for nothing.

    asked   argument → value, by decide's names and those of the recipe; `train_precision` is training's precision,
            `precision` that of the frozen network
    where   what the plan is called in errors, as its file; called: how an argument is, as "--lr-scale" for lr_scale
    What is expected of training (gain) is dropped where the training is another one then.
    Raises PlanError for what contradicts the side of the plan that was measured (MEASURED), what would change nothing,
    what is none of a plan's values, and values that lie outside their range.
    """
    wishes = {name: value for name, value in asked.items() if value is not None}
    for name, value in wishes.items():
        _check(plan, name, value, where, called)
    found = replace(plan, **{name: wishes[name] for name in PLAIN if name in wishes})
    values = {ARGUMENTS[name]: value for name, value in wishes.items() if name in ARGUMENTS}
    found = replace(found, recipe=overruled(found.recipe, values))
    if any(name in wishes for name in RATES):
        found = replace(found, rows=scaled(found.rows, *(wishes.get(name) for name in RATES)))
    if (found.rows, found.fallback) != (plan.rows, plan.fallback) and not plan.frozen:
        found = replace(found, case=found.case_of(plan.cut[-1]))
    if found.gain and found.training != plan.training:
        found = replace(found, gain=(), gain_of="")
    found.check_values()
    return Merged(found, _changes(plan, found))


def _check(plan: Plan, name: str, value: Any, where: str, called: Callable[[str], str]) -> None:
    """Raises PlanError where `name` may not be laid over this plan."""
    flag = called(name)
    if name in UNUSED:
        raise PlanError(f"{flag}: changes nothing beside {where}; leave it out")
    if name in MEASURED:
        planned = ("random" if plan.from_scratch else "pretrained") if name == "init" else getattr(plan, name)
        if (cut_names(value) if name == "cut" else value) != planned:
            raise PlanError(
                f"{flag} {_shown(value)}: {where} says {_shown(planned)}; edit the plan, or leave {flag} out"
            )
    elif name not in (*PLAIN, *RATES, *ARGUMENTS):
        raise PlanError(f"{flag}: is no value of a plan; leave it out")
    elif plan.frozen and _of_training(name) and value != _now(plan, name):
        raise PlanError(
            f"{flag} {_shown(value)}: {where} trains no stage; edit the plan, or leave {flag} out"
        )


def _of_training(name: str) -> bool:
    return name in (*ARGUMENTS, *RATES, "fallback")


def _now(plan: Plan, name: str) -> object:
    """What the plan says of an argument; None of a change that it has no name for."""
    if name in RATES:
        return None
    return getattr(plan.recipe, ARGUMENTS[name]) if name in ARGUMENTS else getattr(plan, name)


def _changes(before: Plan, after: Plan) -> tuple[Change, ...]:
    """What differs, in the order of a plan's file: recipe values under their own names, rates by stage."""
    found = []
    for entry in fields(Plan):
        old, new = getattr(before, entry.name), getattr(after, entry.name)
        if old == new or entry.name == "gain_of":
            continue
        if entry.name == "rows":
            pairs = zip(before.rows, after.rows, strict=True)
            found += [Change(f"lr_scale of {a.stage}", a.lr_scale, b.lr_scale) for a, b in pairs if a != b]
        elif entry.name == "recipe":
            found += [
                Change(argument, getattr(old, name), getattr(new, name))
                for argument, name in ARGUMENTS.items()
                if getattr(old, name) != getattr(new, name)
            ]
        else:
            found.append(Change(entry.name, old, new))
    return tuple(found)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    return f"{round(value, 6) + 0.0:g}" if isinstance(value, float) else str(value)

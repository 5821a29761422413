"""What a plan needs that an install may lack: training networks needs torch."""

from __future__ import annotations

from headstart import extras
from headstart.errors import MissingError
from headstart.planning.plan import Plan
from headstart.training.arms import ways

_DOES = {"fine-tune": "trains its pre-trained weights", "scratch": "trains it from random weights"}


def lacking(plan: Plan) -> str:
    """What `plan` would do that cannot be done here, and what to do about it; "" where all can be."""
    if plan.frozen or extras.complete():
        return ""
    does = " and ".join(_DOES[way] for way in ways(plan))
    return _said(f"the plan, case {plan.case} on {plan.backbone}, {does}")


def check(plan: Plan) -> None:
    """Raises MissingError where the plan trains a network and torch, or its kin, is not installed."""
    if lack := lacking(plan):
        raise MissingError(lack)


def check_case(case: int) -> None:
    """The same of a case that is asked for, before there is a plan of it."""
    from headstart.planning.four import numbered

    if numbered(case).trains and not extras.complete():
        raise MissingError(_said(f"case {case} trains the network"))


def check_folds() -> None:
    """The same of folds, each of which decides anew, and may come to a plan that trains."""
    if not extras.complete():
        raise MissingError(_said("--folds: each fold decides anew, and may train the network"))


def _said(what: str) -> str:
    return f"{what}: needs torch; {extras.command()}, or ask for a frozen network with --case 1 or --case 2"

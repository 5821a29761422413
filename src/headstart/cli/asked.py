"""What the command line names: network and plan, looked at before any picture is read.

Every error of a plan names the file that it stands in.
"""

from __future__ import annotations

import contextlib
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from headstart import progress
from headstart.cli import steps
from headstart.errors import BackboneError, PlanError

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.plan.plan import Plan


@dataclass(frozen=True)
class Asked:
    """`plan` is None where no --plan was given."""

    backbone: Backbone
    plan: Plan | None


def of(args: Namespace) -> Asked:
    """The network of the flags, or the plan's. Raises DataError, BackboneError, PlanError for what flags get wrong."""
    from headstart import data
    from headstart.runtime import device_of

    data.check(args.data, args.group_regex)
    steps.left_out(args)
    device_of(args.device)
    if getattr(args, "plan", None) is not None:
        return _given(Path(args.plan), args)
    network = steps.backbone(args)
    _check_case(args, network)
    return Asked(network, None)


def _check_case(args: Namespace, network: Backbone) -> None:
    """Raises PlanError where the case that is asked for contradicts other flags, or the network has none such."""
    from headstart.plan import cases

    if args.case is not None:  # where case 2 is to cut, is measured: any lower cut stands in
        cut = lower(network)[0] if args.case == 2 and not args.cut else args.cut
        cases.make(args.case, network, cut=cut, init=args.init)


def lower(network: Backbone) -> tuple[str, ...]:
    """The cuts below the top one, which case 2 is for. Raises PlanError where there is none."""
    if len(network.stages) == 1:
        raise PlanError(
            f"--case 2: {network.name} has one cut, {network.top.name}, and no lower one; use --case 1"
        )
    return network.stage_names[:-1]


def plan_in(path: Path) -> Plan:
    """The plan in a file, its values within their ranges. Raises PlanError naming the file."""
    from headstart.plan import toml

    with _named(path):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            raise PlanError(f"cannot be read ({reason}); expected a plan of `headstart plan`") from error
        plan = toml.loads(text)
        plan.check_values()
    return plan


def _given(path: Path, args: Namespace) -> Asked:
    """The plan in a file and its network. Raises PlanError, BackboneError: also where flags say otherwise."""
    from headstart.plan.check import check

    plan = plan_in(path)
    _agree(args, plan, path)
    with _named(path):
        _tapped(args, plan)
        network = steps.backbone(args, name=plan.backbone, image_size=plan.image_size)
        check(plan, network)
    return Asked(network, _labelled(plan, network, path))


def drawn(path: Path, args: Namespace) -> tuple[Backbone, Plan]:
    """(the network called args.name, the plan in a file), to be drawn: it may have been made for other weights."""
    plan = plan_in(path)
    with _named(path):
        _tapped(args, plan)
        network = steps.outline(args, args.name, image_size=plan.image_size)
        replace(plan, backbone=network.name).validate(network.stage_names)
    return network, _labelled(plan, network, path)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """An error of the plan names the file in place of "plan"; what is wrong with weights has names of its own."""
    try:
        yield
    except (PlanError, BackboneError) as error:
        if type(error) not in (PlanError, BackboneError):
            raise
        raise type(error)(f"{path}: {str(error).removeprefix('plan: ')}") from error


def _tapped(args: Namespace, plan: Plan) -> None:
    """Asks for the plan's cuts, those of its fall-back too, as flags do."""
    from headstart.backbone import PRE_LOGITS

    args.cut = tuple(cut for cut in dict.fromkeys((*plan.cut, *plan.fallback_cut)) if cut != PRE_LOGITS)


def _labelled(plan: Plan, network: Backbone, path: Path) -> Plan:
    """The plan with the number of the case that its table is, which is said where the file says another."""
    case = plan.case_of(network.top.name)
    if plan.case in (0, case):
        return plan
    found = f"is case {case}" if case else "is none of the four (case 0)"
    progress.say(f"{path}: says case {plan.case}, and its table {found}: the table is done")
    return replace(plan, case=case)


def _agree(args: Namespace, plan: Plan, path: Path) -> None:
    """Raises PlanError where a flag contradicts the plan, or would change nothing beside it."""
    same = ("backbone", "image_size", "seed", "case", "cut", "head_init", "head_layers", "class_weight")
    planned = {name: getattr(plan, name) for name in (*same, "runtime", "precision")}
    planned["init"] = "random" if plan.from_scratch else "pretrained"
    planned |= {name: getattr(plan.recipe, name) for name in ("epochs", "lr", "weight_decay", "batch_size")}
    for name, value in planned.items():
        flag, asked = f"--{name.replace('_', '-')}", getattr(args, name)
        if asked is not None and asked != value:
            asked, value = (", ".join(v) if isinstance(v, tuple) else v for v in (asked, value))
            raise PlanError(f"{flag} {asked}: {path} says {value}; edit the plan, or leave the flag out")
    for name in ("size", "similarity"):
        if getattr(args, name) is not None:
            raise PlanError(f"--{name}: changes nothing beside --plan {path}; leave it out")

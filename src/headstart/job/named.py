"""What the options name: network and plan, looked at before any picture is read.

Every error of a plan names the file that it stands in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import extras, progress, written
from headstart.errors import BackboneError, OptionError, PlanError
from headstart.job.classes import classes_left_out
from headstart.job.options import LARGEST, RECIPE, Options

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.planning.plan import Plan


@dataclass(frozen=True)
class Named:
    """`plan` is None where none is given. why: why this network, in a sentence, where it was not named."""

    backbone: Backbone
    plan: Plan | None = None
    why: str = ""


def look_up(options: Options) -> Named:
    """The network of the options, or the plan's. Raises DataError, BackboneError, PlanError for what they get wrong."""
    from headstart import data
    from headstart.data import corrections
    from headstart.planning.recipe import Recipe, check_recipe, overruled
    from headstart.runtime import device_of

    data.check(options.data, options.group_regex)
    if options.fix is not None:
        corrections.read(options.fix)
    classes_left_out(options)
    device_of(options.device)
    if options.runtime == "torch":
        extras.need("--runtime torch")
    check_recipe(overruled(Recipe(), options.recipe), LARGEST, "recipe")
    if options.plan is not None:
        return _of_plan(options)
    if options.backbone is None:
        return _by_default(options)
    network = load_network(options)
    _check_case(options, network)
    return Named(network)


def _by_default(options: Options) -> Named:
    """The network for pictures of this size. Raises OptionError where weights are given, which are of a network."""
    from headstart.job import default

    if options.weights is not None:
        raise OptionError(f"weights {options.weights}: name the network that they are of with --backbone")
    chosen = default.choose(options.data, classes_left_out(options))
    network = load_network(options, name=chosen.network)
    _check_case(options, network)
    return Named(network, why=str(chosen))


def load_network(options: Options, *, name: str | None = None, image_size: int | None = None) -> Backbone:
    """The network of the options; cuts that are no default of it become taps. Raises BackboneError."""
    from headstart import backbone

    if options.backbone is not None and not isinstance(options.backbone, str):
        return _as_it_is(options)
    wanted = name or options.backbone
    assert wanted is not None, "a network is named, or chosen by the pictures"
    with progress.bar(f"loading {wanted}", 1) as bar:
        network = backbone.load(wanted, weights=options.weights, **_loading(options, image_size))
        bar.advance()
    return network


def _as_it_is(options: Options) -> Backbone:
    """The Backbone that is given. Raises OptionError for options of loading, which come too late for it."""
    from headstart.backbone import Backbone

    if not isinstance(options.backbone, Backbone):
        kind = type(options.backbone).__name__
        raise OptionError(
            f"backbone: is of type {kind}; expected a network's name, a folder or a Backbone; "
            "headstart.backbone_of makes one of a torch module"
        )
    for name in ("weights", "image_size", "mean", "std", "interpolation", "model_kwargs"):
        value = getattr(options, name)
        if value not in (None, {}) and (name, value) != ("image_size", options.backbone.preprocess.size):
            raise OptionError(
                f"{name}: {options.backbone.name} is loaded already; load it so, or leave {name} out"
            )
    return options.backbone


def outline_network(options: Options, *, image_size: int | None = None) -> Backbone:
    """As load_network(), to be drawn: what does not lie on this machine is not downloaded for it."""
    from headstart import backbone

    if options.backbone is None:
        raise OptionError("backbone: none is named; `headstart backbones` lists them")
    if not isinstance(options.backbone, str):
        return load_network(options)
    name = options.backbone
    if options.weights or backbone.here(name):
        return load_network(options, image_size=image_size)
    network = backbone.outline(name, **_loading(options, image_size))
    progress.say(
        f"{name}: drawn without its weights, which are not on this machine (they are downloaded when it is used); "
        "its stages are the same"
    )
    return network


def _loading(options: Options, image_size: int | None) -> dict[str, Any]:
    """What the options say of how the network is loaded, its weights aside."""
    fields = {"mean": options.mean, "std": options.std, "interpolation": options.interpolation}
    changes = {key: v if isinstance(v, str) else tuple(v) for key, v in fields.items() if v is not None}
    return {
        "model_kwargs": dict(options.model_kwargs),
        "preprocess": changes or None,
        "image_size": image_size or options.image_size,
        "taps": options.cut or (),
    }


def _check_case(options: Options, network: Backbone) -> None:
    """Raises PlanError where the case asked for contradicts the rest, or the network has no such case or stage."""
    from headstart.planning import cases

    for name in (*([options.freeze_below] if options.freeze_below else []), *options.lr_scale):
        if name not in network.stage_names:
            raise PlanError(
                f"stage {name!r}: {network.name} has none such; it has {', '.join(network.stage_names)}"
            )

    if options.case is not None:  # where case 2 is to cut, is measured: any lower cut stands in
        cut = lower_cuts(network)[0] if options.case == 2 and not options.cut else options.cut
        cases.make(
            options.case,
            network,
            cut=cut,
            init=options.init,
            freeze_below=options.freeze_below,
            lr_scale=options.lr_scale,
            fallback=options.fallback,
        )


def lower_cuts(network: Backbone) -> tuple[str, ...]:
    """The cuts below the top one, which case 2 is for. Raises PlanError where there is none."""
    if len(network.stages) == 1:
        raise PlanError(
            f"--case 2: {network.name} has one cut, {network.top.name}, and no lower one; use --case 1"
        )
    return network.stage_names[:-1]


def plan_in(path: Path) -> Plan:
    """The plan in a file, its values within their ranges. Raises PlanError naming the file."""
    from headstart.planning import toml

    with _naming(path):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            raise PlanError(f"cannot be read ({reason}); expected a plan of `headstart plan`") from error
        plan = toml.loads(text)
        plan.check_values()
    return plan


def _read_plan(options: Options) -> tuple[Plan, str]:
    """(the plan that is given, what it is called)"""
    if isinstance(options.plan, str | Path):
        return plan_in(Path(options.plan)), str(options.plan)
    assert options.plan is not None
    return options.plan, "plan"


def _of_plan(options: Options) -> Named:
    """The given plan and its network. Raises PlanError, BackboneError: also where options say otherwise."""
    from headstart.planning.check import check

    plan, called = _read_plan(options)
    plan = _merged(options, plan, called)
    with _naming(called):
        network = load_network(_tapped(options, plan), name=plan.backbone, image_size=plan.image_size)
        check(plan, network)
    return Named(network, _labelled(plan, network, called))


def look_up_drawn(options: Options) -> Named:
    """The network and the given plan, to be drawn: it may have been made for other weights."""
    plan, called = _read_plan(options)
    with _naming(called):
        network = outline_network(_tapped(options, plan), image_size=plan.image_size)
        replace(plan, backbone=network.name).validate(network.stage_names)
    return Named(network, _labelled(plan, network, called))


@contextlib.contextmanager
def _naming(path: Path | str) -> Iterator[None]:
    """An error of the plan names the file in place of "plan"; what is wrong with weights has names of its own."""
    try:
        yield
    except (PlanError, BackboneError) as error:
        if type(error) not in (PlanError, BackboneError):
            raise
        raise type(error)(f"{path}: {str(error).removeprefix('plan: ')}") from error


def _tapped(options: Options, plan: Plan) -> Options:
    """Asks for the plan's cuts, those of its fall-back too, as options do."""
    from headstart.backbone import PRE_LOGITS

    cuts = dict.fromkeys((*plan.cut, *plan.fallback_cut))
    return replace(options, cut=tuple(cut for cut in cuts if cut != PRE_LOGITS))


def _labelled(plan: Plan, network: Backbone, called: str) -> Plan:
    """The plan with the number of the case that its table is, which is said where the file says another."""
    case = plan.case_of(network.top.name)
    if plan.case in (0, case):
        return plan
    found = f"is case {case}" if case else "is none of the four (case 0)"
    progress.say(f"{called}: says case {plan.case}, and its table {found}: the table is done")
    return replace(plan, case=case, summary=())  # it tells of another table


def _merged(options: Options, plan: Plan, called: str) -> Plan:
    """The plan with what is asked for beside it, which is said. Raises PlanError where both contradict."""
    from headstart.planning.merge import MEASURED, PLAIN, UNUSED, merge

    names = (*MEASURED, *UNUSED, *PLAIN, *RECIPE, "freeze_below", "lr_scale")
    wishes = {name: getattr(options, name) for name in names}
    asked = {name: None if value in (None, {}, ()) else value for name, value in wishes.items()}
    if options.backbone is not None and not isinstance(options.backbone, str):
        asked["backbone"] = options.backbone.name
    merged = merge(plan, asked, where=called, called=written.flag)
    if not merged.changes:
        return merged.plan
    progress.say(f"{called}: with {merged}, as asked for beside it")
    return replace(merged.plan, reasons=(*merged.plan.reasons, f"Changed beside the plan: {merged}."))

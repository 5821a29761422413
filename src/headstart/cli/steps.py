"""What several verbs do alike: reading pictures, loading the network, measuring, deciding."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import options, show
from headstart.errors import DataError

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.cli.asked import Asked
    from headstart.data import Intake, Partition
    from headstart.evidence import Evidence
    from headstart.plan.plan import Plan
    from headstart.runtime import Execution


@dataclass(frozen=True)
class Decided:
    """Pictures, network and what is to be done. `evidence` is None where a plan was given."""

    intake: Intake
    partition: Partition
    backbone: Backbone
    plan: Plan
    evidence: Evidence | None


def execution(args: Namespace, plan: Plan | None = None) -> Execution:
    """How frozen networks run: as the flags say, else as the plan says."""
    from headstart.runtime import Execution

    return Execution(
        runtime=args.runtime or (plan.runtime if plan else "auto"),
        precision=args.precision or (plan.precision if plan else "auto"),
        copies=args.precision or "auto",
        keep=getattr(args, "keep_features", "fp32"),
        device=args.device,
        workers=args.workers,
        threads=args.threads or 0,
    )


def intake(args: Namespace, *, training: bool = True) -> Intake:
    """The pictures of DATA; says how many were left out. Raises DataError."""
    from headstart import data

    return data.load(
        args.data,
        group_regex=args.group_regex,
        max_bad=args.max_bad,
        workers=args.workers,
        training=training,
        min_per_class=args.min_per_class if training else None,
        without=left_out(args) if training else (),
        truncated=args.truncated,
    )


def left_out(args: Namespace) -> list[str]:
    """The classes of --without: each is a name, or a file with one a line and remarks behind #. Raises DataError."""
    given = args.without or []
    return [name for one in given for name in (_listed(one) if Path(one).is_file() else [one])]


def _listed(path: str) -> list[str]:
    lines = text("--without", path, "class names, one a line").splitlines()
    names = [re.split(r"(?:^|\s)#", line)[0].strip() for line in lines]
    if not any(names):
        raise DataError(f"--without {path}: names no class; expected one a line")
    return [name for name in names if name]


def text(flag: str, path: str, expected: str) -> str:
    """What stands in the file that a flag names. Raises DataError."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise DataError(f"{flag} {path}: cannot be read ({reason}); expected {expected}") from error


def backbone(args: Namespace, *, name: str | None = None, image_size: int | None = None) -> Backbone:
    """The network of the flags; cuts that are no default of it become taps. Raises BackboneError."""
    from headstart import backbone as room

    wanted = name or args.backbone or options.DEFAULT_BACKBONE
    with progress.bar(f"loading {wanted}", 1) as bar:
        network = room.load(wanted, weights=args.weights, **_given(args, image_size))
        bar.advance()
    return network


def outline(args: Namespace, name: str, *, image_size: int | None = None) -> Backbone:
    """As backbone(), to be drawn: what does not lie on this machine is not downloaded for it."""
    from headstart import backbone as room

    if args.weights or room.here(name):
        return backbone(args, name=name, image_size=image_size)
    network = room.outline(name, **_given(args, image_size))
    progress.say(
        f"{name}: drawn without its weights, which are not on this machine (they are downloaded when it is used); "
        "its stages are the same"
    )
    return network


def _given(args: Namespace, image_size: int | None) -> dict[str, Any]:
    """What the flags say of how the network is loaded, its weights aside."""
    fields = {"mean": args.mean, "std": args.std, "interpolation": args.interpolation}
    changes = {key: tuple(v) if isinstance(v, list) else v for key, v in fields.items() if v is not None}
    return {
        "model_kwargs": dict(args.model_kwargs or ()),
        "preprocess": changes or None,
        "image_size": image_size or args.image_size,
        "taps": getattr(args, "cut", None) or (),
    }


def decided(args: Namespace, asked: Asked) -> Decided:
    """Everything up to the plan: measured and decided, or as it was given."""
    pictures, network, given = intake(args), asked.backbone, asked.plan
    seed = (args.seed or 0) if given is None else given.seed
    partition = _partition(pictures, seed)
    network = network.with_levels_of(pictures.dataset, partition.train)
    pictures = levels_told(pictures, network.preprocess.levels)
    if given is not None:
        _recognised(args, given, pictures, partition)
        return Decided(pictures, partition, network, given, None)
    evidence = _measured(args, pictures, partition, network, seed)
    return Decided(pictures, partition, network, _decide(args, evidence, network, seed), evidence)


def levels_told(pictures: Intake, levels: tuple[float, float] | None) -> Intake:
    """The intake with a note on the range of its deep greys, where it has such; it is said."""
    import numpy as np

    found = pictures.dataset.levels
    if levels is None or found is None:
        return pictures
    note = (
        f"grey pictures of more than 8 bits: {int(np.isfinite(found[:, 0]).sum()):,}; in all of them {levels[0]:,.6g} "
        f"is shown to the network as black and {levels[1]:,.6g} as white, as measured on the training pictures"
    )
    progress.say(note)
    return replace(pictures, notes=(*pictures.notes, note))


def _recognised(args: Namespace, plan: Plan, pictures: Intake, partition: Partition) -> None:
    """Says so where a plan was measured on other pictures than those that it is to run on."""
    if plan.pictures not in ("", partition.pictures_of(pictures.dataset)):
        progress.say(
            f"{args.plan}: was measured on other training pictures than these; it is done as it says, but its "
            "reasons and what it expects tell of those (headstart plan measures anew)"
        )


def _partition(pictures: Intake, seed: int) -> Partition:
    from headstart import data

    return data.partition(pictures.dataset, seed=seed)


def _measured(
    args: Namespace, pictures: Intake, partition: Partition, network: Backbone, seed: int
) -> Evidence:
    from headstart import evidence

    progress.say(f"measuring {len(partition.train):,} training pictures with {network.name}")
    return evidence.measure(
        pictures.dataset,
        partition,
        network,
        seed=seed,
        size=args.size,
        similarity=args.similarity,
        execution=execution(args),
    )


def _decide(args: Namespace, evidence: Evidence, network: Backbone, seed: int) -> Plan:
    from headstart.plan.decide import decide

    return decide(
        evidence,
        network,
        case=args.case,
        cut=args.cut,
        init=args.init,
        head_init=args.head_init or "solved",
        head_layers=args.head_layers or 1,
        class_weight=args.class_weight or "none",
        seed=seed,
        recipe_overrides=recipe(args),
        runtime=args.runtime or "auto",
        precision=args.precision,
    )


def recipe(args: Namespace) -> dict[str, float | int]:
    """The recipe's values that flags overrule."""
    names = ("epochs", "lr", "weight_decay", "batch_size")
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def prospects(args: Namespace, job: Decided) -> list[dict[str, Any]]:
    """What each strategy is expected to reach and to cost; [] where nothing was measured."""
    from headstart.evidence import speed
    from headstart.plan.prospects import prospects as expected

    if job.evidence is None:
        return []
    rate = speed(job.backbone, execution(args, job.plan))
    return [asdict(found) for found in expected(job.evidence, job.plan, job.backbone.top.name, rate)]


def described(job: Decided, expected: Sequence[Mapping[str, Any]]) -> str:
    """The plan's table with its reasons, and below it what is expected."""
    from headstart.plan import table

    text = table.describe(job.plan, job.backbone, n_classes=len(job.intake.dataset.classes))
    return f"{text}\n{show.prospects(expected)}\n" if expected else text

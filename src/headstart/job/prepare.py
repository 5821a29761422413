"""Everything up to the plan: pictures read, network measured on them, the plan decided or taken as it is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from headstart import progress, written
from headstart.job.classes import classes_left_out
from headstart.job.named import Named, look_up
from headstart.job.options import Options

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.data import Dataset, Intake, Partition
    from headstart.data.corrections import Corrections
    from headstart.evidence import Evidence
    from headstart.planning.plan import Plan
    from headstart.planning.prospects import Prospect
    from headstart.runtime import Execution


@dataclass(frozen=True, repr=False)
class Prepared:
    """Pictures, network and what is to be done. `evidence` is None where a plan was given."""

    options: Options
    intake: Intake
    partition: Partition
    backbone: Backbone
    plan: Plan
    evidence: Evidence | None

    def __str__(self) -> str:
        """The plan's summary and table, with its reasons."""
        return self.text(why=True)

    def text(self, *, why: bool) -> str:
        """The plan's summary and table; with its reasons where `why`."""
        from headstart.planning import table

        return table.describe(self.plan, self.backbone, n_classes=len(self.dataset.classes), why=why)

    def __repr__(self) -> str:
        cut = "+".join(self.plan.cut)
        return f"Prepared({len(self.dataset):,} pictures, {self.backbone.name}, case {self.plan.case}, cut {cut})"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    @property
    def dataset(self) -> Dataset:
        return self.intake.dataset

    @property
    def execution(self) -> Execution:
        """How frozen networks run: as the options say, else as the plan says."""
        return execution_of(self.options, self.plan)

    @cached_property
    def prospects(self) -> tuple[Prospect, ...]:
        """What each strategy is expected to reach and to cost; () where nothing was measured."""
        from headstart.evidence import speed
        from headstart.planning.prospects import prospects

        if self.evidence is None:
            return ()
        rate = speed(self.backbone, self.execution)
        return prospects(self.evidence, self.plan, self.backbone.top.name, rate)


def execution_of(options: Options, plan: Plan | None = None) -> Execution:
    """How frozen networks run: as the options say, else as the plan says."""
    from headstart.runtime import Execution

    return Execution(
        runtime=options.runtime or (plan.runtime if plan else "auto"),
        precision=options.precision or (plan.precision if plan else "auto"),
        copies=options.precision or "auto",
        keep=options.keep_features,
        device=options.device,
        workers=options.workers,
        threads=options.threads,
    )


def prepare(options: Options, named: Named | None = None) -> Prepared:
    """Reads, measures and decides. Raises DataError, BackboneError, PlanError, PictureError."""
    from headstart import data

    named = named or look_up(options)
    pictures = load_pictures(options, named.backbone)
    return prepare_on(
        options, named, pictures, data.partition(pictures.dataset, seed=seed_of(options, named))
    )


def seed_of(options: Options, named: Named) -> int:
    """The plan's where one is given."""
    return (options.seed or 0) if named.plan is None else named.plan.seed


def prepare_on(options: Options, named: Named, pictures: Intake, partition: Partition) -> Prepared:
    """Measures and decides on the training pictures of `partition`. Raises what prepare() does."""
    network, plan, seed = named.backbone, named.plan, seed_of(options, named)
    network = network.with_levels_of(pictures.dataset, partition.train)
    pictures = say_levels(pictures, network.preprocess.levels)
    if plan is not None:
        _say_others(options, plan, pictures, partition)
        return Prepared(options, pictures, partition, network, plan, None)
    evidence = _priced(options, _measure(options, pictures, partition, network, seed), network)
    plan = _decide(options, evidence, network, seed)
    _say_unused(options, plan)
    plan = _with_warning(plan, evidence)
    if named.why:
        plan = replace(plan, summary=(*plan.summary, named.why))
    return Prepared(options, pictures, partition, network, plan, evidence)


def _with_warning(plan: Plan, evidence: Evidence) -> Plan:
    """The plan, with what is said of pictures that the network seems to know already."""
    from headstart.evidence import more

    return replace(plan, summary=(*plan.summary, more.SEEN)) if more.seen(evidence) else plan


def load_pictures(options: Options, network: Backbone | None = None, *, training: bool = True) -> Intake:
    """The pictures of the options, made ready for `network`; training as in data.load(). Raises DataError."""
    from headstart import data

    return data.load(
        options.data,
        group_regex=options.group_regex,
        max_bad=options.max_bad,
        workers=options.workers,
        training=training,
        min_per_class=options.min_per_class,
        without=classes_left_out(options),
        truncated=options.truncated,
        frames=network and data.Frames(network.preprocess),
        fix=corrections_of(options),
        taxonomy=None if options.taxonomy is None else str(options.taxonomy),
        most_per_class=options.most_per_class,
    )


def corrections_of(options: Options) -> Corrections | None:
    """The decided rows of `fix`. Raises DataError."""
    from headstart.data import corrections

    return None if options.fix is None else corrections.read(options.fix)


def say_levels(pictures: Intake, levels: tuple[float, float] | None) -> Intake:
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


def _say_others(options: Options, plan: Plan, pictures: Intake, partition: Partition) -> None:
    """Says so where a plan was measured on other pictures than those that it is to run on."""
    if plan.pictures not in ("", partition.pictures_of(pictures.dataset)):
        called = options.plan if isinstance(options.plan, str | Path) else "the plan"
        progress.say(
            f"{called}: was measured on other training pictures than these; it is done as it says, but its "
            "reasons and what it expects tell of those (headstart plan measures anew)"
        )


def _say_unused(options: Options, plan: Plan) -> None:
    """Says so where values of training are asked for, and nothing is trained."""
    if plan.frozen and options.recipe:
        flags = ", ".join(map(written.flag, options.recipe_arguments))
        progress.say(f"{flags}: not used, since the plan trains no stage; --case 3 or 4 trains")


def _measure(
    options: Options, pictures: Intake, partition: Partition, network: Backbone, seed: int
) -> Evidence:
    from headstart import evidence

    progress.say(f"measuring {len(partition.train):,} training pictures with {network.name}")
    return evidence.measure(
        pictures.dataset,
        partition,
        network,
        seed=seed,
        size=options.size,
        similarity=options.similarity,
        execution=execution_of(options),
    )


def _priced(options: Options, evidence: Evidence, network: Backbone) -> Evidence:
    """The evidence; where training is worth a try, its hours on this machine are held against that."""
    from headstart.evidence import speed
    from headstart.evidence.conclude import conclude
    from headstart.planning.prospects import hours
    from headstart.planning.recipe import default_recipe, overruled

    if not evidence.pays:
        return evidence
    recipe = overruled(default_recipe(evidence.n), options.recipe)
    takes = hours(evidence.n, speed(network, execution_of(options)), recipe)
    verdict = conclude(evidence.facts, size=options.size, similarity=options.similarity, hours=takes)
    return replace(evidence, verdict=verdict)


def _decide(options: Options, evidence: Evidence, network: Backbone, seed: int) -> Plan:
    from headstart.planning.decide import decide

    return decide(
        evidence,
        network,
        case=options.case,
        cut=options.cut,
        init=options.init,
        freeze_below=options.freeze_below,
        lr_scale=options.lr_scale or None,
        fallback=options.fallback,
        head_init=options.head_init or "solved",
        head_layers=options.head_layers or 1,
        class_weight=options.class_weight or "none",
        seed=seed,
        recipe_overrides=options.recipe,
        runtime=options.runtime or "auto",
        precision=options.precision,
    )

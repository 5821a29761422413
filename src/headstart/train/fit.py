"""fit(): does what a plan says, and falls back where that does not succeed.

Every plan starts from the frozen probe at its cut: for cases 1 and 2 it is the result, for the others it is the
head that training starts from (linear probe, then fine-tune: Kumar et al. 2022). A frozen probe, there or at the
plan's fallback_cut, is the bar that training must pass.
Training *succeeds* if it is better than the probe on the selection pictures, as far as these and the plan can tell
(`arms.succeeds`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import progress
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import selection
from headstart.features import Features, extract
from headstart.heads import head as heads
from headstart.heads.head import Head, Solved
from headstart.intervals import score
from headstart.plan import cases
from headstart.plan.check import check
from headstart.plan.inputs import execution_of, joined, widths
from headstart.plan.plan import Plan
from headstart.runtime import Execution, Resolved
from headstart.train.arms import Arm, Attempt, FrozenProbe, sentence, table, tried, ways

if TYPE_CHECKING:
    from torch import nn

    from headstart.train.task import Settings, Task


@dataclass(frozen=True)
class Fitted:
    """What came out. `module` is the trained trunk (as the backbone's architecture, dropped stages empty), or
    None where the pre-trained weights serve as they are; `plan` is the one that the result stands for."""

    plan: Plan
    backbone: Backbone
    classes: tuple[str, ...]
    head: Head
    module: nn.Module | None
    arms: tuple[Arm, ...]
    history: tuple[dict[str, Any], ...] = ()
    l2: float | None = None


def fit(
    plan: Plan,
    backbone: Backbone,
    dataset: Dataset,
    partition: Partition,
    *,
    execution: Execution | Resolved | None = None,
    settings: Settings | None = None,
) -> Fitted:
    """Executes `plan` on the training pictures; the report pictures are not looked at. `how` overrules the plan's.

    Raises PlanError where the plan does not hold for the network or was made for other weights.
    """
    check(plan, backbone)
    backbone = backbone.with_levels_of(dataset, partition.train)
    job = _Setting(plan, backbone, dataset, execution_of(plan, execution))
    if plan.frozen:
        return _probe_alone(job, partition.train)
    from headstart.train.task import Settings

    return _trained(job, partition, settings or Settings())


@dataclass(frozen=True)
class _Setting:
    """What all arms share."""

    plan: Plan
    backbone: Backbone
    dataset: Dataset
    execution: Resolved

    def features(self, index: np.ndarray) -> Features:
        return extract(self.dataset, index, self.backbone, execution=self.execution)

    def joined(self, features: Features) -> np.ndarray:
        """float32 [N, D]: what enters the head."""
        return joined(features, self.backbone, self.plan)

    @property
    def probe(self) -> _Setting:
        """The frozen probe that training has to beat."""
        return replace(self, plan=cases.probe_of(self.plan, self.backbone))

    def solve(self, index: np.ndarray, *, init: str) -> Solved:
        return heads.solve(
            self.joined(self.features(index)),
            self.dataset.labels[index],
            len(self.dataset.classes),
            widths=widths(self.backbone, self.plan),
            layers=self.plan.head_layers,
            init=init,
            groups=self.dataset.groups[index],
            class_weight=self.plan.class_weight,
            seed=self.plan.seed,
        )


def _probe_alone(job: _Setting, train: np.ndarray) -> Fitted:
    solved = job.solve(train, init=job.plan.head_init)
    arm = _cross_validated(solved, job.plan, len(train), len(np.unique(job.dataset.groups[train])))
    return Fitted(job.plan, job.backbone, job.dataset.classes, solved.head, None, (arm,), (), solved.l2)


def _cross_validated(solved: Solved, plan: Plan, n: int, groups: int) -> Arm:
    """The probe that is the whole plan, with what cross-validation says of it; n, groups: of the training pictures."""
    if solved.cv_correct is None:
        return Arm("probe", None, None, n, groups, True, "too few pictures to cross-validate")
    kind = (
        "logistic regression" if (plan.head_layers, plan.head_init) == (1, "solved") else "minibatch training"
    )
    some = len(solved.cv_correct) < n
    note = f"{kind}, cross-validated on {'a part of ' * some}the {f'{n:,} ' * some}training pictures"
    return Arm("probe", **score(solved.cv_correct, solved.cv_groups), chosen=True, note=note)


def _trained(job: _Setting, partition: Partition, settings: Settings) -> Fitted:
    job = replace(job, plan=foretold(job.plan, job.dataset, partition))
    plan, dataset = job.plan, job.dataset
    train, chosen = selection(dataset, partition, plan.seed)
    probe = job.probe
    standing = probe.solve(train, init="solved").head
    correct = standing.logits(probe.joined(probe.features(chosen))).argmax(1) == dataset.labels[chosen]
    start = standing
    if plan.head_start == "solved" and probe.plan.cut != plan.cut:
        start = job.solve(train, init="solved").head
    held = FrozenProbe(correct, dataset.groups[chosen], (len(train) + len(chosen)) / len(train))
    from headstart.train.task import task_of

    task = task_of(plan, job.backbone, dataset, train, chosen, job.execution)
    budgets = _shared(settings, len(ways(plan)))
    winner, attempts = tried(
        plan, lambda name, way: _attempt(name, way, job, task, start, next(budgets)), held
    )
    arms = table(attempts, held, winner)
    for arm in arms:
        progress.say(sentence(arm))
    history = tuple({"phase": name, **row} for name, attempt in attempts.items() for row in attempt.history)
    if winner == "probe":
        return _returned(job, partition, arms, history)
    return _kept(job, attempts[winner], arms, history)


def _shared(settings: Settings, count: int) -> Iterator[Settings]:
    """For each of `count` trainings, one after the other, its share of the time that is left from now on."""
    from headstart.train import clock

    until = None if settings.time_limit is None else clock.now() + settings.time_limit
    for still in range(count, 0, -1):
        yield replace(settings, time_limit=None if until is None else (until - clock.now()) / still)


def foretold(plan: Plan, dataset: Dataset, partition: Partition) -> Plan:
    """The plan without what it expects of training where that is told of other pictures, or of another training than
    its rows and recipe now are; that is said, and what is measured decides alone."""
    if not plan.gain:
        return plan
    if plan.pictures != partition.pictures_of(dataset):
        known, stale = (
            replace(plan, learning_exponent=0.0),
            "was measured on other training pictures than these",
        )
    elif plan.gain_of != plan.training:
        other = "is of another training than the plan's rows, cut, head and recipe now say"
        known, stale = plan, other if plan.gain_of else "does not say of which training it is told (gain_of)"
    else:
        return plan
    progress.say(
        f"the plan's gain {stale}: it does not count, and the selection pictures alone decide what is kept"
    )
    return replace(known, gain=(), gain_of="")


def _attempt(name: str, plan: Plan, job: _Setting, task: Task, head: Head, settings: Settings) -> Attempt:
    from headstart.train import loop, scoring, surgery, threads

    network = surgery.operate(plan, job.backbone, len(job.dataset.classes))
    if plan.head_start == "solved":
        surgery.implant(head, network.head, scale=surgery.SOFTENED)
    folder = None if settings.checkpoints is None else settings.checkpoints / name
    groups = surgery.rates(network, plan, job.backbone)
    settings = replace(settings, checkpoints=folder, threads=settings.threads or job.execution.threads)
    history = loop.train(network, groups, task, plan.recipe, plan.seed, settings, name)
    with threads.bounded(history[-1]["threads"]):
        device = scoring.device_of(settings.device)
        named = scoring.predict(network.to(device), task, task.selection, device).argmax(1)
    network.to("cpu")
    ran = plan.with_recipe(precision=history[-1]["precision"])
    if settings.time_limit is not None and len(history) * 2 < plan.recipe.epochs:
        ran = _cut_short(name, ran, len(history))
    return Attempt(ran, network, named == task.labels[task.selection], history)


def _cut_short(name: str, plan: Plan, epochs: int) -> Plan:
    """The plan of a training that was given less than half of its epochs: what was expected was expected of all."""
    if plan.gain:
        progress.say(
            f"{name}: {epochs} of {plan.recipe.epochs} epochs are too few for the plan's gain to count; the selection "
            "pictures alone decide what is kept"
        )
    return replace(plan, gain=(), gain_of="")


def _returned(
    job: _Setting, partition: Partition, arms: Sequence[Arm], history: tuple[dict[str, Any], ...]
) -> Fitted:
    """The probe in place of training that did not succeed, solved anew on all training pictures."""
    notes = "; ".join(f"{arm.name}: {arm.note}" for arm in arms if arm.name != "probe")
    reason = f"Training is not better than the frozen probe ({notes}); the probe is returned."
    probe = job.probe
    plan = replace(probe.plan, reasons=(*probe.plan.reasons, reason))
    train = np.sort(np.concatenate([partition.train, partition.selection]))
    solved = replace(job, plan=plan).solve(train, init="solved")
    return Fitted(plan, job.backbone, job.dataset.classes, solved.head, None, tuple(arms), history, solved.l2)


def _kept(
    job: _Setting, attempt: Attempt, arms: Sequence[Arm], history: tuple[dict[str, Any], ...]
) -> Fitted:
    from headstart.train import surgery

    module = attempt.network.trunk.module
    return Fitted(
        plan=replace(attempt.plan.standing_alone(), head_init=attempt.plan.head_start),
        backbone=job.backbone,
        classes=job.dataset.classes,
        head=surgery.extract(attempt.network.head),
        module=module,
        arms=tuple(arms),
        history=history,
    )

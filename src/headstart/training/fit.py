"""fit(): does what a plan says, and falls back where that does not succeed.

Every plan starts from the frozen probe at its cut: for cases 1 and 2 it is the result, for the others it is the
head that training starts from (linear probe, then fine-tune: Kumar et al. 2022). A frozen probe, there or at the
plan's fallback_cut, is what training has to beat: it *succeeds* if it is better on the selection pictures, as far as
these and the plan can tell (`arms.Lead`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from headstart import progress
from headstart.backbone import Backbone
from headstart.certainty import Certainty
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import selection
from headstart.extraction import Features, extract
from headstart.heads import head as heads
from headstart.heads.head import Head, Solved
from headstart.heads.held_out import HeldOut
from headstart.intervals import score
from headstart.planning import cases
from headstart.planning.check import check
from headstart.planning.inputs import execution_of, joined, widths
from headstart.planning.plan import Plan
from headstart.runtime import Execution, Resolved
from headstart.training import needs, words
from headstart.training.arms import Arm, Attempt, CrossValidation, FrozenProbe, table, try_ways, ways
from headstart.training.course import course

if TYPE_CHECKING:
    from torch import nn

    from headstart.training.epoch import Epoch
    from headstart.training.surgery import HeadedNetwork
    from headstart.training.task import Settings, Task


@dataclass(frozen=True)
class Fitted:
    """What came out.

    plan     the one that the result stands for
    module   the trained trunk (the backbone's architecture, dropped stages empty); None where the pre-trained weights
             serve as they are
    arms     every way that was tried
    history  the epochs of all trainings, one after the other
    l2       the penalty of a solved head
    held_out what heads or networks like this one say of training pictures that they have not learnt from, by their
             places in the data set: of a frozen plan cross-validated, else the selection pictures; None where there are
             too few to hold any out
    certainty  what these say of how sure the answers may be: temperature and sets
    others   what each way that was not kept came to, by the name of its arm, to be looked at afterwards
    """

    plan: Plan
    backbone: Backbone
    classes: tuple[str, ...]
    head: Head
    module: nn.Module | None
    arms: tuple[Arm, ...]
    history: tuple[Epoch, ...] = ()
    l2: float | None = None
    held_out: HeldOut | None = None
    certainty: Certainty = field(default_factory=Certainty)
    others: Mapping[str, Fitted] = field(default_factory=dict)


def fit(
    plan: Plan,
    backbone: Backbone,
    dataset: Dataset,
    partition: Partition,
    *,
    execution: Execution | Resolved | None = None,
    settings: Settings | None = None,
) -> Fitted:
    """Executes `plan` on the training pictures; the report pictures are not looked at.

    execution: how frozen networks run, in place of what the plan says; settings: how trainings go.
    Raises PlanError where the plan does not hold for the network or was made for other weights, MissingError where it
    trains and torch is not installed.
    """
    check(plan, backbone)
    backbone = backbone.with_levels_of(dataset, partition.train)
    setting = _Setting(plan, backbone, dataset, execution_of(plan, execution))
    if plan.frozen:
        return _certain(_solve_alone(setting, partition.train), dataset)
    needs.check(plan)
    from headstart.training.task import Settings

    return _certain(_train(setting, partition, settings or Settings()), dataset)


def _certain(fitted: Fitted, dataset: Dataset) -> Fitted:
    """With what the held-out pictures say of how sure it may be."""
    return replace(fitted, certainty=Certainty.of(fitted.held_out, dataset.labels, dataset.groups))


@dataclass(frozen=True)
class _Trained(Attempt):
    """An attempt with its network, on the CPU, and its epochs."""

    network: HeadedNetwork
    history: tuple[Epoch, ...]
    held_out: HeldOut


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

    def right(self, head: Head, index: np.ndarray) -> np.ndarray:
        """bool [len(index)]: which pictures the head names rightly."""
        return head.logits(self.joined(self.features(index))).argmax(1) == self.dataset.labels[index]

    def accuracy(self, head: Head, index: np.ndarray) -> float:
        """Of the head on pictures, in [0, 1]."""
        return float(self.right(head, index).mean())

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


def _solve_alone(setting: _Setting, train: np.ndarray) -> Fitted:
    solved = setting.solve(train, init=setting.plan.head_init)
    arm = _cross_validated(solved, setting.plan, len(train), len(np.unique(setting.dataset.groups[train])))
    arm = replace(arm, train_accuracy=setting.accuracy(solved.head, train))
    return Fitted(
        setting.plan,
        setting.backbone,
        setting.dataset.classes,
        solved.head,
        None,
        (arm,),
        l2=solved.l2,
        held_out=solved.held_out and solved.held_out.of(train),
    )


def _cross_validated(solved: Solved, plan: Plan, n: int, groups: int) -> Arm:
    """The probe that is the whole plan, with what cross-validation says of it; n, groups: of the training pictures."""
    convex = (plan.head_layers, plan.head_init) == (1, "solved")
    by = CrossValidation("logistic regression" if convex else "minibatch training", n)
    if solved.cv_correct is None:
        return Arm("probe", None, None, n, groups, chosen=True, measured_by=by)
    measured = vars(score(solved.cv_correct, solved.cv_groups))
    return Arm("probe", **measured, chosen=True, measured_by=by)


def _train(setting: _Setting, partition: Partition, settings: Settings) -> Fitted:
    setting = replace(setting, plan=foretold(setting.plan, setting.dataset, partition))
    plan, dataset = setting.plan, setting.dataset
    train, chosen = selection(dataset, partition, plan.seed)
    probe = setting.probe
    standing = probe.solve(train, init="solved").head
    start = standing
    if plan.head_start == "solved" and probe.plan.cut != plan.cut:
        start = setting.solve(train, init="solved").head
    held = FrozenProbe(
        probe.right(standing, chosen),
        dataset.groups[chosen],
        (len(train) + len(chosen)) / len(train),
        probe.accuracy(standing, train),
    )
    from headstart.training.task import task_of

    task = task_of(plan, setting.backbone, dataset, train, chosen, setting.execution)
    budgets = _shared(settings, len(ways(plan)))
    winner, attempts = try_ways(
        plan, lambda name, way: _attempt(name, way, setting, task, start, next(budgets)), held
    )
    arms = table(attempts, held, winner)
    for arm in arms:
        progress.say(words.sentence(arm))
        if arm.course:
            progress.say(words.course(arm.name, arm.course))
    history = tuple(replace(e, phase=name) for name, attempt in attempts.items() for e in attempt.history)
    probed = _return_probe(setting, partition, arms, history)
    every = {"probe": probed, **{name: _kept(setting, a, arms, history) for name, a in attempts.items()}}
    return replace(every[winner], others={name: one for name, one in every.items() if name != winner})


def _shared(settings: Settings, count: int) -> Iterator[Settings]:
    """For each of `count` trainings, one after the other, its share of the time that is left from now on."""
    from headstart.training import clock

    until = None if settings.time_limit is None else clock.now() + settings.time_limit
    for still in range(count, 0, -1):
        yield replace(settings, time_limit=None if until is None else (until - clock.now()) / still)


def foretold(plan: Plan, dataset: Dataset, partition: Partition) -> Plan:
    """The plan without what it expects of training where that is told of other pictures, or of another training than
    its rows and recipe now are; that is said, and what is measured decides alone."""
    if not plan.gain:
        return plan
    if plan.pictures != partition.pictures_of(dataset):
        plan, reason = replace(plan, learning_exponent=0.0), "pictures"
    elif plan.gain_of != plan.training:
        reason = "training" if plan.gain_of else "unknown"
    else:
        return plan
    progress.say(words.gain_ignored(reason))
    return replace(plan, gain=(), gain_of="")


def _attempt(
    name: str, plan: Plan, setting: _Setting, task: Task, head: Head, settings: Settings
) -> _Trained:
    from headstart.training import loop, scoring, surgery, threads

    network = surgery.operate(plan, setting.backbone, len(setting.dataset.classes))
    if plan.head_start == "solved":
        surgery.implant(head, network.head, scale=surgery.SOFTENED)
    folder = None if settings.checkpoints is None else settings.checkpoints / name
    groups = surgery.parameter_groups(network, plan, setting.backbone)
    settings = replace(settings, checkpoints=folder, threads=settings.threads or setting.execution.threads)
    history = loop.train(network, groups, task, plan.recipe, plan.seed, settings, name)
    device = scoring.device_of(settings.device)
    with threads.bounded(history[-1].threads), scoring.placed(network, device):
        found = scoring.predict(network, task, task.selection, device)
    ran = plan.with_recipe(precision=history[-1].precision)
    if settings.time_limit is not None and len(history) * 2 < plan.recipe.epochs:
        ran = _cut_short(name, ran, len(history))
    went = course(history, plan.recipe, len(task.selection))
    right = found.argmax(1) == task.labels[task.selection]
    held = HeldOut(task.selection, np.log(np.maximum(found, np.finfo(np.float32).tiny)))
    return _Trained(ran, right, network, history, held, course=went)


def _cut_short(name: str, plan: Plan, epochs: int) -> Plan:
    """The plan of a training that was given less than half of its epochs: what was expected was expected of all."""
    if plan.gain:
        progress.say(words.too_few_epochs(name, epochs, plan.recipe.epochs))
    return replace(plan, gain=(), gain_of="")


def _return_probe(
    setting: _Setting, partition: Partition, arms: Sequence[Arm], history: tuple[Epoch, ...]
) -> Fitted:
    """The probe, in place of training or to be looked at beside it, solved anew on all training pictures."""
    probe = setting.probe
    plan = probe.plan
    if arms[0].chosen:
        plan = replace(plan, reasons=(*plan.reasons, words.probe_returned(arms)))
    train = np.sort(np.concatenate([partition.train, partition.selection]))
    solved = replace(setting, plan=plan).solve(train, init="solved")
    return Fitted(
        plan,
        setting.backbone,
        setting.dataset.classes,
        solved.head,
        None,
        tuple(arms),
        history,
        solved.l2,
        solved.held_out and solved.held_out.of(train),
    )


def _kept(setting: _Setting, attempt: _Trained, arms: Sequence[Arm], history: tuple[Epoch, ...]) -> Fitted:
    from headstart.training import surgery

    module = attempt.network.trunk.module
    return Fitted(
        plan=replace(attempt.plan.standing_alone(), head_init=attempt.plan.head_start),
        backbone=setting.backbone,
        classes=setting.dataset.classes,
        head=surgery.extract(attempt.network.head),
        module=module,
        arms=tuple(arms),
        history=history,
        held_out=attempt.held_out,
    )

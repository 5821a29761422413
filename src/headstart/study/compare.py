"""compare(): every contender on the same pictures, with the same budget, seeds and selection pictures.

A probe is solved on all training pictures, since cross-validation inside them chooses its penalty; a training learns
from what the selection pictures leave, and they choose its rate and whether it goes on where time is short. No choice
looks at the report pictures.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import files, progress, seals
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import selection
from headstart.errors import PlanError
from headstart.features import Features, extract
from headstart.heads import head as heads
from headstart.model import versions
from headstart.plan.inputs import execution_of, joined, widths
from headstart.plan.plan import Plan
from headstart.runtime import Execution, Resolved
from headstart.study.contenders import RATES, Contender
from headstart.study.outcome import Comparison, Outcome, ranked, realised
from headstart.study.turns import halved, length, too_short
from headstart.train.task import task_of

if TYPE_CHECKING:
    from torch import nn

    from headstart.train.task import Settings, Task

# Raised whenever the same contender would come to something else than before.
VERSION = 6


def compare(
    contenders: Sequence[Contender],
    plan: Plan,
    backbone: Backbone,
    dataset: Dataset,
    partition: Partition,
    folder: Path,
    *,
    execution: Execution | Resolved | None = None,
    settings: Settings | None = None,
) -> Comparison:
    """Runs all contenders and holds them against each other; `plan` is the choice that is marked.

    folder: where each result is kept; one that lies there already, of the same plan and pictures, is not run again.
    settings: how trainings go; its time limit holds for all of them together. Raises what fit() raises, and PlanError
    where the limit holds nothing.
    """
    from headstart.train.task import Settings

    backbone = backbone.with_levels_of(dataset, partition.train)
    how = execution_of(plan, execution)
    field = _Field(plan, backbone, dataset, partition, folder, how, settings or Settings())
    outcomes = [field.probe(contender) for contender in contenders if not contender.trained]
    outcomes += _trainings(field, [contender for contender in contenders if contender.trained])
    report = partition.report
    more = (len(field.kept) + len(field.selection)) / len(field.kept)
    choice = realised(plan, outcomes, dataset.groups[field.selection], more)
    return ranked(outcomes, dataset.labels[report], dataset.groups[report], choice)


def _trainings(field: _Field, contenders: Sequence[Contender]) -> list[Outcome]:
    """One outcome for each, at the better of its rates; all that was tried is paid for."""
    runs = [replace(c, plan=c.plan.with_recipe(lr=rate)) for c in contenders for rate in RATES]
    limit = field.settings.time_limit
    if limit is None or not runs:
        found = [field.training(run, run.plan.recipe.epochs) for run in runs]
    else:
        found = _by_turns(field, runs, limit)
    return [_better([o for o in found if o.name == contender.name]) for contender in contenders]


def _by_turns(field: _Field, runs: Sequence[Contender], limit: float) -> list[Outcome]:
    """All `runs` at full length; where the limit does not hold that, turn by turn the better half for longer.

    A turn's length follows from the time that is left and the seconds that epochs took in the turn before, for the
    first turn from one epoch of the last run. No training takes more than all the time that is left, within an epoch
    too. Raises PlanError where not one epoch of each fits.
    """
    full, counts = runs[-1].plan.recipe.epochs, halved(len(runs))
    first, left = field.training(runs[-1], 1, limit), limit
    seconds = first.seconds / (first.share * full)
    tried, done = list[Outcome](), 0
    for turn, count in enumerate(counts):
        epochs = length(counts[turn:], full, seconds, left)
        if not tried and not epochs:
            raise PlanError(too_short(count, seconds))
        if epochs <= done:
            continue  # longer ones may still fit for the fewer of the next turn
        if epochs < full or done:
            said = "time is short: " if epochs < full else ""
            progress.say(f"{said}{count} trainings get {epochs} of {full} epochs")
        found = [(field.training(run, epochs, limit - field.paid), run) for run in runs[:count]]
        found.sort(key=lambda pair: -float(pair[0].selection.mean()))
        tried += [outcome for outcome, _ in found]
        runs = [run for _, run in found]
        seconds, left, done = _epoch_seconds(tried[-count:], epochs), limit - field.paid, epochs
    return tried


def _epoch_seconds(outcomes: Sequence[Outcome], epochs: int) -> float:
    """What an epoch took in the better half of a turn's outcomes, best first."""
    better = outcomes[: -(-len(outcomes) // 2)]
    return sum(outcome.seconds for outcome in better) / (len(better) * epochs)


def _label(contender: Contender) -> str:
    return f"{contender.name}, rate {contender.plan.recipe.lr:g}"


def _seconds(history: Sequence[Mapping[str, Any]]) -> float:
    return sum(record["seconds"] for record in history)


def _better(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of the longest schedule, then of the better rate."""
    best = max(outcomes, key=lambda outcome: (outcome.share, float(outcome.selection.mean())))
    return replace(best, seconds=sum(outcome.seconds for outcome in outcomes))


@dataclass
class _Field:
    """What all contenders share."""

    plan: Plan
    backbone: Backbone
    dataset: Dataset
    partition: Partition
    folder: Path
    execution: Resolved
    settings: Settings

    def __post_init__(self) -> None:
        self.kept, self.selection = selection(self.dataset, self.partition, self.plan.seed)
        self._features: dict[str, Features] = {}
        self._paid: dict[Path, float] = {}

    @property
    def paid(self) -> float:
        """Seconds of all trainings asked for, also of those that lay in the folder."""
        return sum(self._paid.values())

    def probe(self, contender: Contender) -> Outcome:
        """Solved on all pictures to learn from; and, for the selection pictures, on what they leave."""
        return self._once(contender, contender.name, lambda: self._probe(contender))

    def _probe(self, contender: Contender) -> Outcome:
        plan = contender.plan
        x, part, asked, held = (self._x(name, plan) for name in ("all", "kept", "selection", "report"))
        began = time.perf_counter()
        full = self._solved(x, self._parts["all"], plan)
        seconds = time.perf_counter() - began
        named = full.head.logits(held).argmax(1)
        right = self._solved(part, self.kept, plan).head.logits(asked).argmax(1)
        correct = right == self.dataset.labels[self.selection]
        return Outcome(contender.name, "+".join(plan.cut), named, correct, seconds)

    def _x(self, name: str, plan: Plan) -> np.ndarray:
        """float32 [N, D]: what enters the plan's head, of the pictures called `name`."""
        if name not in self._features:
            self._features[name] = extract(
                self.dataset, self._parts[name], self.backbone, execution=self.execution
            )
        return joined(self._features[name], self.backbone, plan)

    @cached_property
    def _parts(self) -> dict[str, np.ndarray]:
        parts = {"kept": self.kept, "selection": self.selection}
        # A val split of the source's own too, as in fit().
        whole = np.sort(np.concatenate([self.kept, self.selection]))
        return {**parts, "all": whole, "report": self.partition.report}

    def _solved(self, x: np.ndarray, index: np.ndarray, plan: Plan) -> heads.Solved:
        return heads.solve(
            x,
            self.dataset.labels[index],
            len(self.dataset.classes),
            widths=widths(self.backbone, plan),
            groups=self.dataset.groups[index],
            class_weight=plan.class_weight,
            seed=plan.seed,
        )

    def training(self, contender: Contender, epochs: int, within: float | None = None) -> Outcome:
        """One training with a schedule of `epochs`, of less where these do not fit `within` so many seconds."""
        shorter = replace(contender, plan=contender.plan.with_recipe(epochs=epochs))
        full = contender.plan.recipe.epochs
        label = f"{_label(shorter)}, {epochs} of {full} epochs"
        outcome = self._once(
            shorter, label, lambda: self._trained(shorter, epochs / full, within), epochs / full
        )
        self._paid[self._place(shorter)] = outcome.seconds
        return outcome

    def _trained(self, contender: Contender, share: float, within: float | None) -> Outcome:
        import torch

        from headstart.train import scoring

        plan = contender.plan
        network, history = self._run(contender, within)
        share *= sum(record["steps"] for record in history) / (plan.recipe.epochs * self._steps(plan))
        right, named = (
            scoring.predict(network, self._task, index, torch.device("cpu")).argmax(1)
            for index in (self.selection, self.partition.report)
        )
        correct = right == self.dataset.labels[self.selection]
        trace = tuple(record["selection_accuracy"] for record in history)
        cut, seconds = "+".join(plan.cut), _seconds(history)
        return Outcome(contender.name, cut, named, correct, seconds, plan.recipe.lr, share, trace)

    def _steps(self, plan: Plan) -> int:
        """Of an epoch."""
        from headstart.train.batches import order

        return len(order(self.kept, plan.seed, 0, plan.recipe.batch_size))

    def _run(
        self, contender: Contender, within: float | None
    ) -> tuple[nn.Module, Sequence[Mapping[str, Any]]]:
        """(the trained network, the record of every epoch); one that lies half done in the folder goes on."""
        from headstart.train import checkpoints, loop, surgery

        plan = contender.plan
        network = surgery.operate(plan, self.backbone, len(self.dataset.classes))
        if plan.head_start == "solved":
            solved = self._solved(self._x("kept", plan), self.kept, plan)
            surgery.implant(solved.head, network.head, scale=surgery.SOFTENED)
        state = self._place(contender) / "checkpoints"
        settings = replace(
            self.settings, time_limit=within, checkpoints=state, resume=checkpoints.exists(state)
        )
        groups = surgery.rates(network, plan, self.backbone)
        history = loop.train(network, groups, self._task, plan.recipe, plan.seed, settings, _label(contender))
        return network, history

    @cached_property
    def _task(self) -> Task:
        """The same for every training: pictures are decoded once."""
        return task_of(self.plan, self.backbone, self.dataset, self.kept, self.selection, self.execution)

    def _once(
        self, contender: Contender, label: str, run: Callable[[], Outcome], share: float = 1.0
    ) -> Outcome:
        """What lies in the folder, or what `run` gives, kept there and said under `label`; one that a time limit cut to
        less than `share` is run again."""
        place = self._place(contender)
        known = _known(place / "outcome.json")
        if known is not None and known.share >= share:
            return known
        outcome = run()
        files.write_json(place / "outcome.json", seals.sealed(outcome.to_dict()))
        shutil.rmtree(place / "checkpoints", ignore_errors=True)
        said = f"{100 * outcome.selection.mean():.1f} % on selection pictures, {outcome.seconds:.0f} s"
        progress.say(f"{label}: {said}")
        return outcome

    def _place(self, contender: Contender) -> Path:
        """By everything that the outcome depends on, so that nothing else is ever taken for it."""
        plan = contender.plan
        execution = (self.execution.runtime, self.execution.precision, self.execution.keep)
        facts = [VERSION, contender.name, plan, self.backbone.key, execution, self.settings.device]
        parts = [self._identity(part) for part in self._parts.values()]
        return self.folder / files.sha256_of(repr(facts), repr(versions()), *parts)[:16]

    def _identity(self, index: np.ndarray) -> str:
        """Of pictures in their order, with labels and groups."""
        chosen = self.dataset.take(index)
        _, group = np.unique(chosen.groups, return_inverse=True)
        return files.sha256_of(*chosen.digests, chosen.labels.tobytes(), group.tobytes())


def _known(path: Path) -> Outcome | None:
    """What an earlier run has left there; None where there is nothing, or where it is damaged, which is said."""
    if not path.is_file():
        return None
    try:
        return Outcome.from_dict(seals.opened(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError) as error:
        progress.say(f"{path}: damaged ({error}); it is tried anew")
        return None

"""compare(): every contender on the same pictures, with the same budget, seeds and selection pictures.

A probe is solved on all training pictures, since cross-validation inside them chooses its penalty; a training learns
from what the selection pictures leave, and they choose its rate. The report pictures are looked at once, at the end, by
what each contender has become. Where time is short the trainings are halved by turns (successive halving, Jamieson &
Talwalkar 2016): all of them have a short schedule, the better half one twice as long, and so on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import files, progress
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.features import Features, How, extract
from headstart.plan.plan import Plan
from headstart.study.contenders import RATES, Contender
from headstart.study.outcome import Comparison, Outcome, ranked, realised
from headstart.train import head as heads
from headstart.train.fit import joined, selection, task_of

if TYPE_CHECKING:
    from headstart.train.loop import Settings


def compare(
    contenders: Sequence[Contender],
    plan: Plan,
    backbone: Backbone,
    dataset: Dataset,
    partition: Partition,
    folder: Path,
    *,
    how: How = How(),  # noqa: B008 - frozen
    settings: Settings | None = None,
) -> Comparison:
    """Runs all contenders and holds them against each other; `plan` is the choice that is marked.

    folder: where each result is kept; one that lies there already, of the same plan and pictures, is not run again.
    settings: how trainings go; its time limit holds for all of them together. Raises what fit() raises.
    """
    from headstart.train.loop import Settings

    field = _Field(backbone, dataset, partition, folder, how, settings or Settings(), plan.seed)
    outcomes = [field.probe(contender) for contender in contenders if not contender.trained]
    outcomes += _trainings(field, [contender for contender in contenders if contender.trained])
    report = partition.report
    choice = realised(plan, backbone.top.name, outcomes, dataset.groups[field.selection])
    return ranked(outcomes, dataset.labels[report], dataset.groups[report], choice)


def _trainings(field: _Field, contenders: Sequence[Contender]) -> list[Outcome]:
    """One outcome for each, at the better of its rates."""
    runs = [
        replace(contender, plan=contender.plan.with_recipe(lr=rate))
        for contender in contenders
        for rate in RATES
    ]
    done: dict[str, Outcome] = {}
    for share, count in field.turns(runs):
        for run in runs[:count]:
            done[_key(run)] = field.training(run, share)
        runs = sorted(runs[:count], key=lambda run: -float(done[_key(run)].selection.mean()))
    return [_better([done[key] for key in done if key.startswith(f"{c.name} at ")]) for c in contenders]


def _key(run: Contender) -> str:
    return f"{run.name} at {run.plan.recipe.lr:g}"


def _better(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of the longest schedule, then of the better rate; all of them are paid for."""
    best = max(outcomes, key=lambda o: (o.share, float(o.selection.mean())))
    return replace(best, seconds=sum(outcome.seconds for outcome in outcomes))


@dataclass
class _Field:
    """What all contenders share."""

    backbone: Backbone
    dataset: Dataset
    partition: Partition
    folder: Path
    how: How
    settings: Settings
    seed: int

    def __post_init__(self) -> None:
        self.kept, self.selection = selection(self.dataset, self.partition, self.seed)
        self.everything = np.sort(np.concatenate([self.partition.train, self.partition.selection]))
        self._features: dict[str, Features] = {}

    def probe(self, contender: Contender) -> Outcome:
        """Solved on all training pictures; and, for the selection pictures, on what they leave."""
        return self._once(contender, 1.0, lambda: self._probe(contender))

    def _probe(self, contender: Contender) -> Outcome:
        plan, labels = contender.plan, self.dataset.labels
        parts = {name: self._x(name, index, plan) for name, index in self._parts().items()}
        began = time.perf_counter()
        full, part = (self._solved(parts[name], index, plan) for name, index in self._learnt().items())
        seconds = time.perf_counter() - began
        named = full.head.logits(parts["report"]).argmax(1)
        right = part.head.logits(parts["selection"]).argmax(1) == labels[self.selection]
        return Outcome(contender.name, named, right, seconds)

    def _parts(self) -> dict[str, np.ndarray]:
        return {**self._learnt(), "selection": self.selection, "report": self.partition.report}

    def _learnt(self) -> dict[str, np.ndarray]:
        return {"everything": self.everything, "kept": self.kept}

    def _x(self, name: str, index: np.ndarray, plan: Plan) -> np.ndarray:
        if name not in self._features:
            self._features[name] = extract(self.dataset, index, self.backbone, how=self.how)
        return joined(self._features[name], self.backbone, plan)

    def _solved(self, x: np.ndarray, index: np.ndarray, plan: Plan) -> heads.Solved:
        dataset = self.dataset
        return heads.solve(
            x, dataset.labels[index], len(dataset.classes), groups=dataset.groups[index], seed=plan.seed
        )

    def training(self, contender: Contender, share: float) -> Outcome:
        """One training with `share` of the budget."""
        epochs = max(1, round(share * contender.plan.recipe.epochs))
        shorter = replace(contender, plan=contender.plan.with_recipe(epochs=epochs))
        return self._once(shorter, share, lambda: self._trained(shorter, share))

    def _trained(self, contender: Contender, share: float) -> Outcome:
        import torch

        from headstart.train import loop, surgery

        plan, label = contender.plan, f"{contender.name}, rate {contender.plan.recipe.lr:g}"
        network = surgery.operate(plan, self.backbone, len(self.dataset.classes))
        if plan.head_start == "solved":
            surgery.implant(
                self._solved(self._x("kept", self.kept, plan), self.kept, plan).head, network.head
            )
        task = task_of(plan, self.backbone, self.dataset, self.kept, self.selection, self.how)
        groups = surgery.rates(network, plan, self.backbone)
        began = time.perf_counter()
        settings = replace(self.settings, time_limit=None, checkpoints=self._place(contender) / "checkpoints")
        loop.train(network, groups, task, plan.recipe, plan.seed, settings, label)
        seconds = time.perf_counter() - began
        right, named = (
            loop.predict(network, task, index, torch.device("cpu")).argmax(1)
            for index in (self.selection, self.partition.report)
        )
        right = right == self.dataset.labels[self.selection]
        return Outcome(contender.name, named, right, seconds, plan.recipe.lr, share)

    def turns(self, runs: Sequence[Contender]) -> list[tuple[float, int]]:
        """[(share of the budget, how many of the best runs get it)]; one turn with all where time is not short."""
        limit = self.settings.time_limit
        if limit is None:
            return [(1.0, len(runs))]
        whole = self._seconds_of_all(runs)
        if whole <= limit:
            return [(1.0, len(runs))]
        counts = [len(runs)]
        while counts[-1] > 2:
            counts.append(-(-counts[-1] // 2))
        # Each turn doubles the schedule: with b for the first one's share, the sum of count · b · 2^turn is the limit.
        units = sum(count * 2**turn for turn, count in enumerate(counts))
        first = limit / (whole / len(runs) * units)
        said = f"{len(runs)} trainings would take {whole / 60:.0f} minutes: the better half goes on by turns"
        progress.say(said)
        return [(min(1.0, first * 2**turn), count) for turn, count in enumerate(counts)]

    def _seconds_of_all(self, runs: Sequence[Contender]) -> float:
        """What all runs would take at the full budget, by one epoch of the last, measured."""
        probe = replace(runs[-1], name="a first epoch", plan=runs[-1].plan.with_recipe(epochs=1))
        epoch = self._once(probe, 0.0, lambda: self._trained(probe, 0.0)).seconds
        return sum(epoch * run.plan.recipe.epochs for run in runs)

    def _once(self, contender: Contender, share: float, run: Any) -> Outcome:
        """What lies in the folder, or what `run` gives, kept there."""
        path = self._place(contender) / "outcome.json"
        if path.is_file():
            return Outcome.from_dict(json.loads(path.read_text(encoding="utf-8")))
        outcome = run()
        files.write_json(path, outcome.to_dict())
        shown = float((outcome.selection).mean()) if len(outcome.selection) else 0.0
        progress.say(f"{contender.name}: {100 * shown:.1f} % on selection pictures, {outcome.seconds:.0f} s")
        return outcome

    def _place(self, contender: Contender) -> Path:
        """By what is done to which pictures, so that nothing else is ever taken for it."""
        facts = [repr(contender.plan), self.dataset.fingerprint, self.backbone.key, self.how.precision]
        parts = [part.tobytes() for part in (self.kept, self.selection, self.partition.report)]
        return self.folder / files.sha256_of(*facts, *parts)[:16]

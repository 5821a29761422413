"""Field: what all contenders share, and how each is run once: solved or trained, named and kept."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headstart import files, progress, seals
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import selection
from headstart.extraction import Features, extract
from headstart.heads import head as heads
from headstart.model import versions
from headstart.planning.inputs import joined, widths
from headstart.planning.plan import Plan
from headstart.runtime import Resolved
from headstart.study.contenders import Contender
from headstart.study.outcome import Outcome
from headstart.training.task import task_of

if TYPE_CHECKING:
    from torch import nn

    from headstart.training.epoch import Epoch
    from headstart.training.task import Settings, Task

# Raised whenever the same contender would come to something else than before.
VERSION = 7
_MARK = "version"  # the file of a folder that names the version of its results


@dataclass
class Field:
    """What all contenders share."""

    plan: Plan
    backbone: Backbone
    dataset: Dataset
    partition: Partition
    folder: Path
    execution: Resolved
    settings: Settings

    def __post_init__(self) -> None:
        _mark(self.folder)
        self.kept, self.selection = selection(self.dataset, self.partition, self.plan.seed)
        self._features: dict[str, Features] = {}
        self._paid: dict[Path, float] = {}
        self._threads = 0

    @property
    def paid(self) -> float:
        """Seconds of all trainings asked for, also of those that lay in the folder."""
        return sum(self._paid.values())

    def solve_probe(self, contender: Contender) -> Outcome:
        """Solved on all pictures to learn from; and, for the selection pictures, on what they leave."""
        return self._once(contender, contender.name, lambda: self._solve_probe(contender))

    def _solve_probe(self, contender: Contender) -> Outcome:
        plan = contender.plan
        x, part, asked, held = (self._x(name, plan) for name in ("all", "kept", "selection", "report"))
        began = time.perf_counter()
        full = self._solve(x, self._parts["all"], plan)
        seconds = time.perf_counter() - began
        named = full.head.logits(held).argmax(1)
        right = self._solve(part, self.kept, plan).head.logits(asked).argmax(1)
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

    def _solve(self, x: np.ndarray, index: np.ndarray, plan: Plan) -> heads.Solved:
        return heads.solve(
            x,
            self.dataset.labels[index],
            len(self.dataset.classes),
            widths=widths(self.backbone, plan),
            groups=self.dataset.groups[index],
            class_weight=plan.class_weight,
            seed=plan.seed,
        )

    def train(self, contender: Contender, epochs: int, within: float | None = None) -> Outcome:
        """One training with a schedule of `epochs`, of less where these do not fit `within` so many seconds."""
        shorter = replace(contender, plan=contender.plan.with_recipe(epochs=epochs))
        full = contender.plan.recipe.epochs
        label = f"{_label(shorter)}, {epochs} of {full} epochs"
        outcome = self._once(
            shorter, label, lambda: self._train(shorter, epochs / full, within), epochs / full, within
        )
        place = self._place(shorter)
        self._paid[place] = max(outcome.seconds, self._paid.get(place, 0.0))
        return outcome

    def _train(self, contender: Contender, share: float, within: float | None) -> Outcome:
        from headstart.training import scoring

        plan = contender.plan
        network, history = self._run(contender, within)
        self._paid[self._place(contender)] = seconds = sum(epoch.seconds for epoch in history)
        if not _lost_patience(history, plan.recipe.patience, len(self.selection)):
            share *= sum(epoch.steps for epoch in history) / (plan.recipe.epochs * self._steps(plan))
        device = scoring.device_of(self.settings.device)
        with scoring.placed(network, device):
            right, named = (
                scoring.predict(network, self._task, index, device).argmax(1)
                for index in (self.selection, self.partition.report)
            )
        correct = right == self.dataset.labels[self.selection]
        trace = tuple(e.selection_accuracy for e in history if e.selection_accuracy is not None)
        cut, lr = "+".join(plan.cut), plan.recipe.lr
        return Outcome(contender.name, cut, named, correct, seconds, lr, share, trace, within)

    def _steps(self, plan: Plan) -> int:
        """Of an epoch."""
        from headstart.training.batches import order

        return len(order(self.kept, plan.seed, 0, plan.recipe.batch_size))

    def _run(self, contender: Contender, within: float | None) -> tuple[nn.Module, tuple[Epoch, ...]]:
        """(the trained network, its epochs); one that lies half done in the folder goes on."""
        from headstart.training import checkpoints, loop, surgery

        plan = contender.plan
        network = surgery.operate(plan, self.backbone, len(self.dataset.classes))
        if plan.head_start == "solved":
            solved = self._solve(self._x("kept", plan), self.kept, plan)
            surgery.implant(solved.head, network.head, scale=surgery.SOFTENED)
        state = self._place(contender) / "checkpoints"
        settings = replace(
            self.settings,
            time_limit=within,
            checkpoints=state,
            resume=checkpoints.exists(state),
            threads=self.settings.threads or self._threads,
        )
        groups = surgery.parameter_groups(network, plan, self.backbone)
        history = loop.train(network, groups, self._task, plan.recipe, plan.seed, settings, _label(contender))
        self._threads = history[-1].threads  # measured once for all trainings of a comparison
        return network, history

    @cached_property
    def _task(self) -> Task:
        """The same for every training: pictures are decoded once."""
        return task_of(self.plan, self.backbone, self.dataset, self.kept, self.selection, self.execution)

    def _once(
        self,
        contender: Contender,
        label: str,
        run: Callable[[], Outcome],
        share: float = 1.0,
        within: float | None = None,
    ) -> Outcome:
        """What lies in the folder, or what `run` gives, kept there and said under `label`.

        One that a time limit had cut to less than `share` is run again, where there is more time than it had; the one
        that came further is kept.
        """
        place = self._place(contender)
        known = read(place / "outcome.json")
        if known is not None and (known.share >= share or _no_more_time(known, within)):
            return known
        outcome = run()
        shutil.rmtree(place / "checkpoints", ignore_errors=True)
        said = f"{100 * outcome.selection.mean():.1f} % on selection pictures, {outcome.seconds:.0f} s"
        progress.say(f"{label}: {said}")
        if known is not None and known.share > outcome.share:
            return known
        files.write_json(place / "outcome.json", seals.sealed(outcome.to_dict()))
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


def _label(contender: Contender) -> str:
    return f"{contender.name}, rate {contender.plan.recipe.lr:g}"


def _no_more_time(known: Outcome, within: float | None) -> bool:
    return known.time_limit is not None and within is not None and within <= known.time_limit


def _lost_patience(history: Sequence[Epoch], patience: int, n: int) -> bool:
    """Whether a training ended by itself, since so many epochs were clearly worse on n pictures than the best."""
    from headstart.training.patience import ended

    return ended([epoch.selection_accuracy or 0.0 for epoch in history], patience, n)


def _mark(folder: Path) -> None:
    """Says it where the folder holds results of another version, which are never found again; marks it as of this."""
    mark = folder / _MARK
    kept = mark.read_text(encoding="utf-8").strip() if mark.is_file() else ""
    if kept == str(VERSION):
        return
    if next(folder.glob("*/outcome.json"), None):
        progress.say(f"{folder}: holds trials of another version of headstart; they are not used")
    files.write_text(mark, f"{VERSION}\n")


def read(path: Path) -> Outcome | None:
    """What an earlier run has left there; None where there is nothing, or where it is damaged, which is said."""
    if not path.is_file():
        return None
    try:
        return Outcome.from_dict(seals.opened(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError) as error:
        progress.say(f"{path}: damaged ({error}); it is tried anew")
        return None

"""Keeper: when the state of a training is written to its checkpoint, and how it goes on from there."""

from __future__ import annotations

import numpy as np

from headstart import progress, stopping
from headstart.data.given import name_of
from headstart.files import sha256_of
from headstart.training import checkpoints, clock, words
from headstart.training.learner import Learner
from headstart.training.state import State
from headstart.training.task import Settings

# Between two checkpoints lies at least so many times what it takes to write one.
_PACE = 20
_FIRST = 10.0  # seconds of training after which the first one is written, where no epoch has ended before


class Keeper:
    """Keeps the state of one training where the settings name a folder; else it does nothing."""

    def __init__(self, learner: Learner, seed: int, settings: Settings) -> None:
        self.learner, self.seed, self.settings = learner, seed, settings
        self._saved, self._due = False, 0.0

    def begin(self) -> None:
        """The first step comes next."""
        self._due = clock.now() + _FIRST

    def after_step(self, state: State) -> None:
        """Saves where it is time, or where the work was asked to stop; the last step is saved with its epoch."""
        if stopping.asked() is not None or (not state.last and clock.now() >= self._due):
            self._save(state)

    def after_epoch(self, state: State) -> None:
        """Saves the first epoch and the last, those between where it is time, and where the work was asked to stop."""
        if not self._saved or state.last or clock.now() >= self._due or stopping.asked() is not None:
            self._save(state)

    def resume(self, steps_per_epoch: int) -> State | None:
        """The state in the checkpoint, where going on is asked for; network, optimizer and average are put back.

        None where there is no checkpoint yet. Raises OutputError where it is damaged or another training's.
        """
        folder, learner = self.settings.checkpoints, self.learner
        if folder is None or not self.settings.resume:
            return None
        if not checkpoints.exists(folder):
            progress.say(words.no_checkpoint(learner.label))
            return None
        facts, average, best = checkpoints.restore(
            folder, learner.network, learner.optimizer, self._identity()
        )
        learner.precision = facts["precision"]
        if learner.average:
            learner.average.restore(average, facts["average_steps"])
        state = State.from_dict(facts, steps_per_epoch, best)
        progress.say(words.resumed(learner.label, state))
        return state

    def _save(self, state: State) -> None:
        folder, learner = self.settings.checkpoints, self.learner
        if folder is None:
            return
        began = clock.now()
        average = learner.average
        facts = {
            **state.to_dict(),
            "precision": learner.precision,
            "label": learner.label,
            "identity": self._identity(),
            "average_steps": average.steps if average else 0,
        }
        checkpoints.save(
            folder,
            learner.network,
            learner.optimizer,
            average.state if average else {},
            state.best.weights if state.best else {},
            facts,
        )
        self._saved, self._due = True, clock.now() + _PACE * (clock.now() - began)

    def _identity(self) -> str:
        """Stands for what a checkpoint belongs to: network, pictures, labels, split, recipe and seed."""
        learner = self.learner
        task, chosen = learner.task, np.concatenate([learner.task.train, learner.task.selection])
        names = "\n".join(name_of(task.pictures.pictures[i]) for i in chosen)
        counts = f"{len(task.train)} {len(task.selection)}"
        how = repr((learner.recipe, task.preprocess, learner.network)) + self._rates()
        return sha256_of(names, task.fingerprint, task.labels[chosen].tobytes(), counts, how, str(self.seed))

    def _rates(self) -> str:
        """Which parameters learn, and at which share of the rate; "" where all do at the whole of it, so that
        checkpoints that were written before this was told apart go on."""
        groups = zip(self.learner.optimizer.param_groups, self.learner.scales, strict=True)
        scales = {id(parameter): scale for group, scale in groups for parameter in group["params"]}
        found = {name: scales.get(id(p), 0.0) for name, p in self.learner.network.named_parameters()}
        return "" if set(found.values()) == {1.0} else repr(sorted(found.items()))

"""The gradient loop: linear warm-up, cosine decay, layer-wise rates.

One loop serves every plan that trains: fine-tuning, training from scratch, pre-training, a study's hybrids. Here are
its steps; their arithmetic is in `learner`, where a training stands in `state`, what a checkpoint keeps in `keeper`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from headstart import progress, stopping
from headstart.errors import PlanError
from headstart.planning.recipe import Recipe
from headstart.training import clock, patience, schedule, threads, words
from headstart.training.batches import mixed, order
from headstart.training.epoch import Epoch
from headstart.training.keeper import Keeper
from headstart.training.learner import Learner
from headstart.training.optimizers import ParameterGroup
from headstart.training.precision import faster
from headstart.training.scoring import Scored, device_of, score
from headstart.training.state import AtHand, Best, State
from headstart.training.task import Settings, Task

_WARMING = 0.25  # share of a time limit after which pictures are decoded as they are needed, no more ahead
_SCORED = 64  # pictures by which the seconds of scoring are foretold
# Keep the draws of a batch's patch and of a step's dropout apart from those of the epoch's order and of its crops.
_PATCH, _DROPOUT = 1, 2


def train(
    network: nn.Module,
    groups: Sequence[ParameterGroup],
    task: Task,
    recipe: Recipe,
    seed: int,
    settings: Settings,
    label: str,
) -> tuple[Epoch, ...]:
    """Trains `network` in place and returns its epochs; a time limit may end the last one early.

    groups: of parameters, such as surgery.parameter_groups makes them. The network ends in eval mode on the CPU with
    the weights of the last epoch, or of their running average where the recipe has an EMA. Where it has patience and
    the last epoch is clearly worse, these are of the best one on the selection pictures (`patience.chosen`).
    Raises PlanError where the loss is no number, stopping.Stopped where the work was asked to stop, with the state of
    the last step in the checkpoint.
    """
    return _Run(network, groups, task, recipe, seed, settings, label).run()


class _Run:
    """One training."""

    def __init__(
        self,
        network: nn.Module,
        groups: Sequence[ParameterGroup],
        task: Task,
        recipe: Recipe,
        seed: int,
        settings: Settings,
        label: str,
    ) -> None:
        self.clock = clock.Clock(settings.time_limit)
        self.learner = Learner(network, groups, task, recipe, device_of(settings.device), label)
        self.task, self.recipe, self.seed, self.settings, self.label = task, recipe, seed, settings, label
        steps = len(order(task.train, seed, 0, recipe.batch_size))
        self.most = recipe.epochs * steps
        self.state = State(steps, self.most)
        self.keeper = Keeper(self.learner, seed, settings)
        self.every = torch.get_num_threads()
        self.mark = 0.0  # when the last step ended

    def run(self) -> tuple[Epoch, ...]:
        with torch.random.fork_rng(devices=[]):
            self.state = self.keeper.resume(self.state.steps_per_epoch) or self.state
            if self.state.at.step or not self.state.last:
                self._prepare()
            with threads.bounded(self.state.threads), stopping.in_order():
                while self.state.at.step or not (self.state.last or self._stale()):
                    self._epoch()
        state = self.state
        if state.steps < self.most:
            held = state.steps / state.steps_per_epoch
            progress.say(words.time_held(self.label, held, self.recipe.epochs))
        self.learner.settle(self._better())
        return tuple(state.history)

    def _prepare(self) -> None:
        """What comes before the first step: pictures in memory, how the network runs, what a scoring takes."""
        scored = np.concatenate([self.task.selection, self.task.learnt])
        first = np.concatenate([scored, np.setdiff1d(self.task.train, scored)])
        self.task.pictures.warm(first, _WARMING * self.clock.left)
        state, learner, size = self.state, self.learner, self.task.preprocess.size
        state.threads = state.threads or self._threads()
        with threads.bounded(state.threads):
            if learner.precision == "auto":
                learner.precision = faster(learner.network, learner.device, size)
            if self.settings.time_limit is not None:
                self.clock.scoring = self._scoring()
        self.keeper.begin()

    def _scoring(self) -> float:
        """Seconds of scoring after an epoch, by a part of it; with decoding where pictures are not in memory."""
        part = self.task.selection[-_SCORED:]
        if not len(part):
            return 0.0
        began = clock.now()
        self._score(part)
        return (clock.now() - began) / len(part) * (len(self.task.selection) + len(self.task.learnt))

    def _epoch(self) -> None:
        """The rest of the epoch at hand, and what it came to."""
        state, epoch = self.state, len(self.state.history)
        if not state.at.step:
            state.at = AtHand(size=self._size(epoch, state.epochs))
        self.mark = clock.now()
        self.learner.network.train()
        for index, pictures in () if state.last else self._batches(epoch):
            self._step(epoch, index, pictures)
            self._after_step()
            if state.last:
                break
        self._close()

    def _batches(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Those of the epoch that are still to come, with a bar."""
        at = self.state.at
        parts = order(self.task.train, self.seed, epoch, self.recipe.batch_size)[at.step :]
        batches = self.task.pictures.batches(parts, self.seed, epoch, self.recipe.augment, at.size)
        with progress.bar(words.bar(self.label, epoch + 1, self.state.epochs), len(parts)) as bar:
            for batch in batches:
                yield batch
                bar.advance()

    def _step(self, epoch: int, index: np.ndarray, pictures: np.ndarray) -> None:
        state, at = self.state, self.state.at
        self.learner.set_rates((state.done + 0.5) / state.steps)
        torch.manual_seed(_drawn(self.seed, epoch, at.step, _DROPOUT))
        rng = np.random.default_rng([self.seed, epoch, at.step, _PATCH])
        views = mixed(pictures, self.recipe.cutmix, self.recipe.mixup, rng)
        at.losses += self.learner.step(index, *views) * len(index)
        at.seen += len(index)
        at.step += 1
        at.lr = self.learner.optimizer.param_groups[-1]["lr"]

    def _after_step(self) -> None:
        """Looks at the clock and whether the work was asked to stop."""
        state = self.state
        if not math.isfinite(state.at.losses):
            raise PlanError(words.no_number(self.label, len(state.history) + 1))
        self.clock.stepped(self._elapsed(), self._share(state.at.size))
        if self.clock.slowed:
            self._settle_threads()
        if self.clock.due:
            state.steps = self.clock.steps(state.done, self.most, state.steps_per_epoch, self._shares)
        self.keeper.after_step(state)
        stopping.check()

    def _threads(self) -> int:
        """Those asked for, or those that suit now."""
        learner = self.learner
        return threads.suiting(
            learner.network, learner.device, self.task.preprocess.size, self.settings.threads
        )

    def _settle_threads(self) -> None:
        """Measures anew in how many threads steps are fastest: other work may have come."""
        torch.set_num_threads(self.every)
        self.state.threads = self._threads()
        torch.set_num_threads(self.state.threads)
        self._elapsed()  # is no part of the next step
        self.clock.forget()

    def _elapsed(self) -> float:
        """Seconds since it was asked last; the epoch's grow by them."""
        before, self.mark = self.mark, clock.now()
        self.state.at.seconds += self.mark - before
        return self.mark - before

    def _close(self) -> None:
        """Ends the epoch: what it came to, and what depends on that."""
        state = self.state
        epoch = self._closed()
        state.history.append(epoch)
        state.at = AtHand()
        self._keep_best(epoch)
        self.keeper.after_epoch(state)
        self.settings.on_epoch(replace(epoch, phase=self.label, epochs=state.epochs))
        stopping.check()

    def _closed(self) -> Epoch:
        state, at = self.state, self.state.at
        new, learnt = self._scores()
        return Epoch(
            epoch=len(state.history) + 1,
            train_loss=at.losses / at.seen,
            lr=at.lr,
            size=at.size,
            precision=self.learner.precision,
            threads=state.threads,
            steps=at.step,
            selection_accuracy=new and new.accuracy,
            selection_loss=new and new.loss,
            train_accuracy=learnt and learnt.accuracy,
            seconds=at.seconds,
        )

    def _scores(self) -> tuple[Scored, Scored] | tuple[None, None]:
        """Of the selection pictures, and of training pictures."""
        if not len(self.task.selection):
            return None, None
        with self.learner.averaged():
            new, learnt = self._score(self.task.selection), self._score(self.task.learnt)
        self.clock.scoring = self._elapsed()
        return new, learnt

    def _size(self, epoch: int, epochs: int) -> int:
        return schedule.size(epoch, epochs, self.recipe.start_size, self.task.preprocess.size)

    def _score(self, index: np.ndarray) -> Scored:
        return score(self.learner.network, self.task, index, self.learner.device)

    def _share(self, size: int) -> float:
        """What a step on pictures of `size` pixels costs, full-sized ones 1: too much, where a part of it does not grow
        with them; then steps come back as they are measured. Too little would cut off the last ones, which the falling
        rate is for."""
        return (size / self.task.preprocess.size) ** 2

    def _shares(self, epoch: int, epochs: int) -> float:
        return self._share(self._size(epoch, epochs))

    def _keep_best(self, epoch: Epoch) -> None:
        best, accuracy = self.state.best, epoch.selection_accuracy
        if self.recipe.patience and accuracy is not None and (best is None or accuracy > best.accuracy):
            self.state.best = Best(accuracy, epoch.epoch, self.learner.weights())

    def _stale(self) -> bool:
        """Whether patience with epochs that are clearly worse is at its end."""
        return patience.ended(self._all_scores(), self.recipe.patience, len(self.task.selection))

    def _better(self) -> Mapping[str, torch.Tensor] | None:
        """The best epoch's weights where the recipe has patience and the last epoch is clearly worse."""
        best, scores = self.state.best, self._all_scores()
        if best is None or patience.chosen(scores, len(self.task.selection)) == len(scores) - 1:
            return None
        return best.weights

    def _all_scores(self) -> list[float]:
        found = (epoch.selection_accuracy for epoch in self.state.history)
        return [accuracy for accuracy in found if accuracy is not None]


def _drawn(*entropy: int) -> int:
    """A seed for torch, a pure function of `entropy`."""
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])

"""The gradient loop: AdamW or Muon, linear warm-up, cosine decay, layer-wise rates.

One loop serves every plan that trains: fine-tuning, training from scratch, pre-training, a study's hybrids.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from headstart import progress, stopping
from headstart.errors import PlanError
from headstart.files import sha256_of
from headstart.plan.recipe import Recipe
from headstart.train import checkpoints, clock, schedule, threads
from headstart.train.batches import mixed, order
from headstart.train.learner import Learner
from headstart.train.precision import faster
from headstart.train.scoring import device_of, predict
from headstart.train.task import Settings, Task

# Between two checkpoints lies at least so many times what it takes to write one.
_PACE = 20
_FIRST = 10.0  # seconds of training after which the first one is written, where no epoch has ended before
_WARMING = 0.25  # share of a time limit after which pictures are decoded as they are needed, no more ahead
_SCORED = 64  # pictures by which the seconds of scoring are foretold
# Keep the draws of a batch's patch and of a step's dropout apart from those of the epoch's order and of its crops.
_PATCH, _DROPOUT = 1, 2


def train(
    network: nn.Module,
    groups: list[dict],
    task: Task,
    recipe: Recipe,
    seed: int,
    settings: Settings,
    label: str,
) -> tuple[dict[str, Any], ...]:
    """Trains `network` in place and returns its history, one record per epoch; a time limit may end the last one early.

    groups: {"params", "scale", "decay", "classifier"} as surgery.rates makes them. The network ends in eval mode on
    the CPU with the weights of the last epoch (of their running average where the recipe has an EMA; of the best
    epoch on the selection pictures where it has patience). Raises stopping.Stopped where the work was asked to stop,
    with the state of the last step in the checkpoint.
    """
    return _Run(network, groups, task, recipe, seed, settings, label).run()


@dataclass
class _Epoch:
    """What an epoch has come to so far: steps, the sum of the losses over `seen` pictures, seconds; size in pixels, and
    the rate of the last step."""

    step: int = 0
    losses: float = 0.0
    seen: int = 0
    seconds: float = 0.0
    size: int = 0
    lr: float = 0.0


class _Run:
    """One training: the state that a checkpoint holds, and the steps that change it."""

    def __init__(
        self,
        network: nn.Module,
        groups: list[dict],
        task: Task,
        recipe: Recipe,
        seed: int,
        settings: Settings,
        label: str,
    ) -> None:
        self.clock = clock.Clock(settings.time_limit)
        self.learner = Learner(network, groups, task, recipe, device_of(settings.device), label)
        self.task, self.recipe, self.seed, self.settings, self.label = task, recipe, seed, settings, label
        self.steps_per_epoch = len(order(task.train, seed, 0, recipe.batch_size))
        self.most = recipe.epochs * self.steps_per_epoch
        self.steps = self.most  # of the whole schedule
        self.at = _Epoch()
        self.history: list[dict[str, Any]] = []
        self.best: tuple[float, int, dict[str, torch.Tensor]] | None = None
        self.threads, self.every, self.saved = 0, torch.get_num_threads(), False
        self.mark = self.due = 0.0  # when the last step ended, and when the next checkpoint is to be written

    @property
    def done(self) -> int:
        """Steps made."""
        return len(self.history) * self.steps_per_epoch + self.at.step

    @property
    def epochs(self) -> int:
        """Those of the schedule; the last one may end early."""
        return -(-self.steps // self.steps_per_epoch)

    def run(self) -> tuple[dict[str, Any], ...]:
        with torch.random.fork_rng(devices=[]):
            self._resume()
            if self.at.step or self.done < self.steps:
                self._prepare()
            with threads.bounded(self.threads), stopping.in_order():
                while self.at.step or (self.done < self.steps and not self._stale()):
                    self._epoch()
        if self.steps < self.most:
            held = self.steps / self.steps_per_epoch
            progress.say(
                f"{self.label}: {held:.1f} of {self.recipe.epochs} epochs, as many as the time limit held"
            )
        self.learner.settle(self.best[2] if self.best else None)
        return tuple(self.history)

    def _prepare(self) -> None:
        """What comes before the first step: pictures in memory, how the network runs, what a scoring takes."""
        chosen = np.concatenate([self.task.selection, self.task.train])
        self.task.pictures.warm(chosen, _WARMING * self.clock.left)
        learner, size = self.learner, self.task.preprocess.size
        self.threads = self.threads or self._threads()
        with threads.bounded(self.threads):
            if learner.precision == "auto":
                learner.precision = faster(learner.network, learner.device, size)
            if self.settings.time_limit is not None:
                self.clock.scoring = self._scoring()
        self.due = clock.now() + _FIRST

    def _scoring(self) -> float:
        """Seconds of scoring the selection pictures, by a part of them; with decoding where they are not in memory."""
        part = self.task.selection[-_SCORED:]
        if not len(part):
            return 0.0
        began = clock.now()
        self._probabilities(part)
        return (clock.now() - began) / len(part) * len(self.task.selection)

    def _epoch(self) -> None:
        """The rest of the epoch at hand, and what it came to."""
        epoch = len(self.history)
        if not self.at.step:
            self.at = _Epoch(size=self._size(epoch, self.epochs))
        self.mark = clock.now()
        self.learner.network.train()
        for index, pictures in self._batches(epoch) if self.done < self.steps else ():
            self.learner.set_rates((self.done + 0.5) / self.steps)
            torch.manual_seed(_drawn(self.seed, epoch, self.at.step, _DROPOUT))
            rng = np.random.default_rng([self.seed, epoch, self.at.step, _PATCH])
            views = mixed(pictures, self.recipe.cutmix, self.recipe.mixup, rng)
            self.at.losses += self.learner.step(index, *views) * len(index)
            self.at.seen += len(index)
            self.at.step += 1
            self.at.lr = self.learner.optimizer.param_groups[-1]["lr"]
            self._after_step()
            if self.done >= self.steps:
                break
        self._close()

    def _batches(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Those of the epoch that are still to come, with a bar."""
        parts = order(self.task.train, self.seed, epoch, self.recipe.batch_size)[self.at.step :]
        batches = self.task.pictures.batches(parts, self.seed, epoch, self.recipe.augment, self.at.size)
        with progress.bar(f"{self.label}, epoch {epoch + 1} of {self.epochs}", len(parts)) as bar:
            for batch in batches:
                yield batch
                bar.advance()

    def _after_step(self) -> None:
        """Looks at the clock and whether the work was asked to stop."""
        if not math.isfinite(self.at.losses):
            epoch = len(self.history) + 1
            raise PlanError(f"{self.label}: the loss is no finite number in epoch {epoch}; lower --lr")
        self.clock.stepped(self._elapsed(), self._share(self.at.size))
        if self.clock.slowed:
            self._settle_threads()
        if self.clock.due:
            self.steps = self.clock.steps(self.done, self.most, self.steps_per_epoch, self._shares)
        if stopping.asked() is not None or (self.done < self.steps and clock.now() >= self.due):
            self._save()
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
        self.threads = self._threads()
        torch.set_num_threads(self.threads)
        self._elapsed()  # is no part of the next step
        self.clock.forget()

    def _elapsed(self) -> float:
        """Seconds since it was asked last; the epoch's grow by them."""
        before, self.mark = self.mark, clock.now()
        self.at.seconds += self.mark - before
        return self.mark - before

    def _close(self) -> None:
        """Ends the epoch: its record, and what depends on it."""
        record = {
            "epoch": len(self.history) + 1,
            "train_loss": self.at.losses / self.at.seen,
            "lr": self.at.lr,
            "size": self.at.size,
            "precision": self.learner.precision,
            "threads": self.threads,
            "steps": self.at.step,
        }
        if len(self.task.selection):
            with self.learner.averaged():
                named = self._probabilities(self.task.selection).argmax(1)
            record["selection_accuracy"] = float((named == self.task.labels[self.task.selection]).mean())
            self.clock.scoring = self._elapsed()
        record["seconds"] = self.at.seconds
        self.history.append(record)
        self.at = _Epoch()
        self._keep_best(record)
        if (
            not self.saved
            or self.done >= self.steps
            or clock.now() >= self.due
            or stopping.asked() is not None
        ):
            self._save()
        self.settings.on_epoch({"phase": self.label, "epochs": self.epochs, **record})
        stopping.check()

    def _size(self, epoch: int, epochs: int) -> int:
        return schedule.size(epoch, epochs, self.recipe.start_size, self.task.preprocess.size)

    def _probabilities(self, index: np.ndarray) -> np.ndarray:
        return predict(self.learner.network, self.task, index, self.learner.device)

    def _share(self, size: int) -> float:
        """What a step on pictures of `size` pixels costs, full-sized ones 1: too much, where a part of it does not grow
        with them; then steps come back as they are measured. Too little would cut off the last ones, which the falling
        rate is for."""
        return (size / self.task.preprocess.size) ** 2

    def _shares(self, epoch: int, epochs: int) -> float:
        return self._share(self._size(epoch, epochs))

    def _keep_best(self, record: dict[str, Any]) -> None:
        if not self.recipe.patience or "selection_accuracy" not in record:
            return
        if self.best is None or record["selection_accuracy"] > self.best[0]:
            self.best = (record["selection_accuracy"], record["epoch"], self.learner.weights())

    def _stale(self) -> bool:
        if self.best is None:
            return False
        return len(self.history) - self.best[1] >= self.recipe.patience

    def _save(self) -> None:
        folder = self.settings.checkpoints
        if folder is None:
            return
        began, learner = clock.now(), self.learner
        average = learner.average.state if learner.average else {}
        best = self.best[2] if self.best else {}
        facts = {
            "steps": self.steps,
            "at": asdict(self.at),
            "precision": learner.precision,
            "threads": self.threads,
            "history": self.history,
            "best": self.best[:2] if self.best else None,
            "label": self.label,
            "identity": self._identity(),
            "average_steps": learner.average.steps if learner.average else 0,
        }
        checkpoints.save(folder, learner.network, learner.optimizer, average, best, facts)
        self.saved, self.due = True, clock.now() + _PACE * (clock.now() - began)

    def _identity(self) -> str:
        """Stands for what a checkpoint belongs to: network, pictures, labels, split, recipe and seed."""
        task, chosen = self.task, np.concatenate([self.task.train, self.task.selection])
        names = "\n".join(str(task.pictures.paths[i]) for i in chosen)
        counts = f"{len(task.train)} {len(task.selection)}"
        how = repr((self.recipe, task.preprocess, self.learner.network))
        return sha256_of(names, task.fingerprint, task.labels[chosen].tobytes(), counts, how, str(self.seed))

    def _resume(self) -> None:
        folder = self.settings.checkpoints
        if folder is None or not self.settings.resume:
            return
        if not checkpoints.exists(folder):
            progress.say(f"{self.label}: no checkpoint yet; it starts at its first epoch")
            return
        learner = self.learner
        facts, average, best = checkpoints.restore(
            folder, learner.network, learner.optimizer, self._identity()
        )
        self.history, self.at, self.steps = facts["history"], _Epoch(**facts["at"]), facts["steps"]
        learner.precision, self.threads = facts["precision"], facts["threads"]
        if learner.average:
            learner.average.restore(average, facts["average_steps"])
        if facts["best"]:
            self.best = (*facts["best"], best)
        self._say_resumed()

    def _say_resumed(self) -> None:
        epochs, step = len(self.history), self.at.step
        done = f"{self.label}: {epochs} of {self.epochs} epochs are done"
        if step:
            progress.say(
                f"{done}, and {step} of {self.steps_per_epoch} steps of epoch {epochs + 1}; it goes on there"
            )
        elif self.done < self.steps:
            progress.say(f"{done}; it goes on with epoch {epochs + 1}")
        else:
            progress.say(f"{done}; nothing is left to train")


def _drawn(*entropy: int) -> int:
    """A seed for torch, a pure function of `entropy`."""
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])

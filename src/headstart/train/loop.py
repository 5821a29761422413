"""The gradient loop: AdamW or Muon, linear warm-up, cosine decay, layer-wise rates.

One loop serves every plan that trains: fine-tuning, training from scratch, pre-training, a study's hybrids.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from headstart import progress
from headstart.backbone.weights import pour
from headstart.data.preprocess import Preprocess
from headstart.errors import PlanError
from headstart.files import sha256_of
from headstart.plan.plan import Recipe
from headstart.train import checkpoints, schedule
from headstart.train.average import Average
from headstart.train.batches import Pictures, mixed, order
from headstart.train.optimizers import optimizer
from headstart.train.precision import faster

# Between two checkpoints lies at least so many times what it takes to write one.
_PACE = 20
# Keeps the draw of a batch's patch apart from the draws of the epoch's order and of its pictures' crops.
_PATCH = 1


@dataclass(frozen=True)
class Settings:
    """How a run goes that leaves its result alone: device, decode workers, limits, where checkpoints lie.

    time_limit   seconds for this training, or None; epochs that would not fit are taken off the schedule
    checkpoints  folder for resumable state, or None
    resume       continue from what lies there
    """

    device: str = "auto"
    workers: int = 0
    time_limit: float | None = None
    checkpoints: Path | None = None
    resume: bool = False
    on_epoch: Callable[[dict[str, Any]], None] = field(default=lambda record: None)


@dataclass(frozen=True)
class Task:
    """What a network is trained on.

    labels int64 [N] for all pictures; train, selection: index arrays; class_weights float32 [C] or None;
    fingerprint: stands for the pictures' contents, so that a checkpoint knows its own.
    """

    pictures: Pictures
    preprocess: Preprocess
    labels: np.ndarray
    train: np.ndarray
    selection: np.ndarray
    class_weights: np.ndarray | None = None
    fingerprint: str = ""


def device_of(name: str) -> torch.device:
    """ "auto" is CUDA, then MPS, then the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def train(
    network: nn.Module,
    groups: list[dict],
    task: Task,
    recipe: Recipe,
    seed: int,
    settings: Settings,
    label: str,
) -> tuple[dict[str, Any], ...]:
    """Trains `network` in place and returns its history, one record per epoch.

    groups: {"params", "scale", "decay", "classifier"} as surgery.rates makes them. The network ends in eval mode on
    the CPU with the weights of the last epoch (of their running average where the recipe has an EMA; of the best
    epoch on the selection pictures where it has patience).
    """
    return _Run(network, groups, task, recipe, seed, settings, label).run()


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
        self.device = device_of(settings.device)
        self.network = network.to(self.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.task, self.recipe, self.seed, self.settings, self.label = task, recipe, seed, settings, label
        self.scales = [group["scale"] for group in groups]
        self.optimizer = optimizer(groups, recipe)
        weights = None if task.class_weights is None else torch.from_numpy(task.class_weights).to(self.device)
        self.criterion = nn.CrossEntropyLoss(weights, label_smoothing=recipe.label_smoothing)
        self.average = Average(network, recipe.ema) if recipe.ema else None
        self.epochs = recipe.epochs
        self.history: list[dict[str, Any]] = []
        self.best: tuple[float, int, dict[str, torch.Tensor]] | None = None
        self.started = time.monotonic()
        self.precision, self.due = recipe.precision, 0.0

    def run(self) -> tuple[dict[str, Any], ...]:
        with torch.random.fork_rng(devices=[]):
            first = self._resumed()
            if first < self.epochs:
                self.task.pictures.warm(self.task.train)
                if self.precision == "auto":
                    self.precision = faster(self.network, self.device, self.task.preprocess.size)
            for epoch in range(first, self.recipe.epochs):
                if epoch >= self.epochs or self._stale():
                    break
                self._epoch(epoch)
                self._fit_to_limit(epoch + 1)
                self._save(epoch + 1)
                self.settings.on_epoch({"phase": self.label, "epochs": self.epochs, **self.history[-1]})
        if self.epochs < self.recipe.epochs:
            progress.say(
                f"{self.label}: {self.epochs} of {self.recipe.epochs} epochs, as many as the time limit held"
            )
        self._settle()
        return tuple(self.history)

    def _epoch(self, epoch: int) -> None:
        torch.manual_seed(self.seed * 1_000_003 + epoch)  # dropout and the like, by (seed, epoch)
        began, losses, seen = time.monotonic(), 0.0, 0
        parts = order(self.task.train, self.seed, epoch, self.recipe.batch_size)
        self.network.train()
        size = self._size(epoch, self.epochs)
        batches = self.task.pictures.batches(parts, self.seed, epoch, self.recipe.augment, size)
        with progress.bar(f"{self.label}, epoch {epoch + 1} of {self.epochs}", len(parts)) as bar:
            for step, (index, pictures) in enumerate(batches):
                self._set_rates((epoch + (step + 0.5) / len(parts)) / self.epochs)
                rng = np.random.default_rng([self.seed, epoch, step, _PATCH])
                views = mixed(pictures, self.recipe.cutmix, self.recipe.mixup, rng)
                losses += self._step(index, *views) * len(index)
                seen += len(index)
                bar.advance()
        if not math.isfinite(losses):
            raise PlanError(f"{self.label}: the loss is no finite number in epoch {epoch + 1}; lower --lr")
        record = {
            "epoch": epoch + 1,
            "train_loss": losses / seen,
            "lr": self.optimizer.param_groups[-1]["lr"],
            "size": size,
            "precision": self.precision,
        }
        if len(self.task.selection):
            with self._averaged():
                record["selection_accuracy"] = float(self._correct().mean())
        record["seconds"] = time.monotonic() - began
        self.history.append(record)
        self._keep_best(record)

    def _step(self, index: np.ndarray, pictures: np.ndarray, own: float) -> float:
        """One step; `own` < 1 is the weight of a picture's own label, the rest goes to its mirror place's."""
        x = torch.from_numpy(self.task.preprocess.normalise(pictures)).to(self.device)
        y = torch.from_numpy(self.task.labels[index]).to(self.device)
        loss = self._loss(x.contiguous(memory_format=torch.channels_last), y, own)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in self.optimizer.param_groups for p in g["params"]], 5.0)
        self.optimizer.step()
        if self.average:
            self.average.update(self.network)
        return float(loss.detach())

    def _loss(self, x: torch.Tensor, y: torch.Tensor, own: float) -> torch.Tensor:
        try:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
                logits = self.network(x).float()
        except ValueError as error:
            if len(x) > 1:
                raise
            raise PlanError(
                f"{self.label}: batch normalisation cannot train on a batch of one picture; "
                "expected --batch-size 2 or more, and as many pictures"
            ) from error
        loss = self.criterion(logits, y)
        return loss if own == 1 else own * loss + (1 - own) * self.criterion(logits, y.flip(0))

    def _size(self, epoch: int, epochs: int) -> int:
        return schedule.size(epoch, epochs, self.recipe.start_size, self.task.preprocess.size)

    def _set_rates(self, done: float) -> None:
        share = schedule.rate(done, self.recipe.warmup)
        for group, scale in zip(self.optimizer.param_groups, self.scales, strict=True):
            group["lr"] = self.recipe.lr * scale * share

    def _correct(self) -> np.ndarray:
        return (
            predict(self.network, self.task, self.task.selection, self.device).argmax(1)
            == (self.task.labels[self.task.selection])
        )

    def _fit_to_limit(self, epoch: int) -> None:
        """Sets the schedule to as many epochs as the time left holds, so that the rate still decays to zero."""
        if self.settings.time_limit is None:
            return
        last = self.history[-1]

        def seconds(e: int, n: int) -> float:
            # Too much, where part of a step does not grow with the pictures; then epochs come back as they are
            # measured. Too little would cut off the last ones, which the falling rate is for.
            return last["seconds"] * (self._size(e, n) / last["size"]) ** 2

        left = self.settings.time_limit - (time.monotonic() - self.started)
        self.epochs = schedule.epochs_within(left, epoch, self.recipe.epochs, seconds)

    def _keep_best(self, record: dict[str, Any]) -> None:
        if not self.recipe.patience or "selection_accuracy" not in record:
            return
        if self.best is None or record["selection_accuracy"] > self.best[0]:
            with self._averaged():
                state = {k: v.detach().cpu().clone() for k, v in self.network.state_dict().items()}
            self.best = (record["selection_accuracy"], record["epoch"], state)

    def _stale(self) -> bool:
        if self.best is None:
            return False
        return len(self.history) - self.best[1] >= self.recipe.patience

    def _averaged(self) -> contextlib.AbstractContextManager[None]:
        return self.average.applied(self.network) if self.average else contextlib.nullcontext()

    def _settle(self) -> None:
        if self.best is not None:
            pour(self.best[2], self.network)
        elif self.average:
            self.average.write(self.network)
        self.network.to("cpu").eval()

    def _save(self, epoch: int) -> None:
        folder = self.settings.checkpoints
        if folder is None or (epoch < self.epochs and time.monotonic() < self.due):
            return
        began = time.monotonic()
        average = self.average.state if self.average else {}
        best = self.best[2] if self.best else {}
        facts = {
            "epoch": epoch,
            "epochs": self.epochs,
            "precision": self.precision,
            "history": self.history,
            "best": self.best[:2] if self.best else None,
            "label": self.label,
            "identity": self._identity(),
            "average_steps": self.average.steps if self.average else 0,
        }
        checkpoints.save(folder, self.network, self.optimizer, average, best, facts)
        self.due = time.monotonic() + _PACE * (time.monotonic() - began)

    def _identity(self) -> str:
        """Stands for what a checkpoint belongs to: network, pictures, labels, split, recipe and seed."""
        task, chosen = self.task, np.concatenate([self.task.train, self.task.selection])
        names = "\n".join(str(task.pictures.paths[i]) for i in chosen)
        counts = f"{len(task.train)} {len(task.selection)}"
        how = repr((self.recipe, task.preprocess, self.network))
        return sha256_of(names, task.fingerprint, task.labels[chosen].tobytes(), counts, how, str(self.seed))

    def _resumed(self) -> int:
        folder = self.settings.checkpoints
        if folder is None or not self.settings.resume:
            return 0
        if not checkpoints.exists(folder):
            progress.say(f"{self.label}: no checkpoint yet; it starts at its first epoch")
            return 0
        facts, average, best = checkpoints.restore(folder, self.network, self.optimizer, self._identity())
        self.history, self.epochs = facts["history"], facts["epochs"]
        self.precision = facts.get("precision", self.recipe.precision)
        if self.average:
            self.average.restore(average, facts["average_steps"])
        if facts["best"]:
            self.best = (*facts["best"], best)
        done = facts["epoch"]
        left = f"it goes on with epoch {done + 1}" if done < self.epochs else "nothing is left to train"
        progress.say(f"{self.label}: {done} of {self.epochs} epochs are done; {left}")
        return done


@torch.inference_mode()
def predict(network: nn.Module, task: Task, index: np.ndarray, device: torch.device) -> np.ndarray:
    """Probabilities float32 [len(index), C] of the pictures at `index`, without augmentation, in eval mode."""
    network.eval()
    out = []
    parts = np.array_split(index, max(1, -(-len(index) // 64)))
    for _, pictures in task.pictures.batches(parts, 0, 0, "none"):
        x = torch.from_numpy(task.preprocess.normalise(pictures)).to(device)
        logits = network(x.contiguous(memory_format=torch.channels_last))
        out.append(functional.softmax(logits.float(), dim=1).cpu().numpy())
    return np.concatenate(out)

"""A network that learns: its weights, its optimizer and its running average, and the step that changes them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from headstart.backbone.weights import pour
from headstart.errors import PlanError
from headstart.planning.recipe import Recipe
from headstart.runtime.input import network_input
from headstart.training import schedule
from headstart.training.average import Average
from headstart.training.optimizers import ParameterGroup, optimizer
from headstart.training.task import Task


class Learner:
    """groups: of parameters, such as surgery.parameter_groups makes them; label: the training's name.

    precision: "fp32" or "bf16", to be set before the first step where the recipe says "auto".
    """

    def __init__(
        self,
        network: nn.Module,
        groups: Sequence[ParameterGroup],
        task: Task,
        recipe: Recipe,
        device: torch.device,
        label: str,
    ) -> None:
        self.task, self.recipe, self.device, self.label = task, recipe, device, label
        self.network = network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.precision = recipe.precision
        self.scales = [group.scale for group in groups]
        self.optimizer = optimizer(groups, recipe)
        weights = None if task.class_weights is None else torch.from_numpy(task.class_weights).to(device)
        self.criterion = nn.CrossEntropyLoss(weights, label_smoothing=recipe.label_smoothing)
        self.average = Average(network, recipe.ema) if recipe.ema else None

    def set_rates(self, done: float) -> None:
        """The rates at `done` in [0, 1] of all steps."""
        share = schedule.rate(done, self.recipe.warmup)
        for group, scale in zip(self.optimizer.param_groups, self.scales, strict=True):
            group["lr"] = self.recipe.lr * scale * share

    def step(self, index: np.ndarray, pictures: np.ndarray, own: float) -> float:
        """One step on pictures uint8 [B, S, S, 3], the loss; `own` < 1 is the weight of a picture's own label, the rest
        goes to its mirror place's. Raises PlanError where a batch of one picture cannot be trained on."""
        x = network_input(self.task.preprocess, pictures, self.device)
        y = torch.from_numpy(self.task.labels[index]).to(self.device)
        loss = self.loss(x, y, own)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in self.optimizer.param_groups for p in g["params"]], 5.0)
        self.optimizer.step()
        if self.average:
            self.average.update(self.network)
        return float(loss.detach())

    def loss(self, x: torch.Tensor, y: torch.Tensor, own: float) -> torch.Tensor:
        """Of x float32 [B, 3, S, S] and labels int64 [B]."""
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

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Within the block the network holds its running average, where it has one."""
        return self.average.applied(self.network) if self.average else contextlib.nullcontext()

    def weights(self) -> dict[str, torch.Tensor]:
        """A copy of the weights as they are scored, on the CPU."""
        with self.averaged():
            return {k: v.detach().cpu().clone() for k, v in self.network.state_dict().items()}

    def settle(self, best: Mapping[str, torch.Tensor] | None) -> None:
        """Ends the training: with the `best` weights, else the running average, in eval mode on the CPU."""
        if best is not None:
            pour(best, self.network)
        elif self.average:
            self.average.write(self.network)
        self.network.to("cpu").eval()

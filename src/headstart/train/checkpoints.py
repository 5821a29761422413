"""Checkpoints: everything a training run needs to continue to the same bits. safetensors and JSON, no pickle.

One folder, replaced as a whole: weights, optimizer, running average, best weights so far, and the facts (epoch,
schedule, history). Random state is not stored: it is a pure function of (seed, epoch).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from headstart import files
from headstart.backbone.weights import pour
from headstart.errors import OutputError

_FACTS, _TENSORS = "state.json", "state.safetensors"


def exists(folder: Path) -> bool:
    return (folder / _FACTS).is_file()


def save(
    folder: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: dict[str, torch.Tensor],
    best: dict[str, torch.Tensor],
    facts: dict[str, Any],
) -> None:
    """Replaces the checkpoint in `folder`. Raises OutputError."""
    from safetensors.torch import save_file

    tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"average/{name}": tensor for name, tensor in average.items()}
    tensors |= {f"best/{name}": tensor for name, tensor in best.items()}
    for index, values in optimizer.state_dict()["state"].items():
        # What is no tensor (timm's note of how a weight is routed) the optimizer derives again.
        tensors |= {f"optimizer/{index}/{key}": v for key, v in values.items() if isinstance(v, torch.Tensor)}
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with files.replacing(folder) as temporary:
        temporary.mkdir()
        save_file(plain, temporary / _TENSORS)
        (temporary / _FACTS).write_text(json.dumps(facts), encoding="utf-8")


def restore(
    folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer, identity: str
) -> tuple[dict[str, Any], dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Loads network and optimizer in place; returns (facts, running average, best weights).

    Raises OutputError where the checkpoint is of another network, or `identity` is not the one it was saved with.
    """
    from safetensors.torch import load_file

    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    if facts["identity"] != identity:
        raise OutputError(
            f"{folder}: the checkpoint is of other pictures, splits, seed or recipe; "
            "resume with the run's own command, or start anew with --force"
        )
    parts: dict[str, dict[str, torch.Tensor]] = {"network": {}, "average": {}, "best": {}, "optimizer": {}}
    for name, tensor in load_file(folder / _TENSORS).items():
        part, _, rest = name.partition("/")
        parts[part][rest] = tensor
    own, stored = network.state_dict(), parts["network"]
    if {name: t.shape for name, t in own.items()} != {name: t.shape for name, t in stored.items()}:
        raise OutputError(f"{folder}: the checkpoint is of another network; start anew with --force")
    pour(stored, network)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in parts["optimizer"].items():
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    _laid_out_as_parameters(optimizer)
    return facts, parts["average"], parts["best"]


def _laid_out_as_parameters(optimizer: torch.optim.Optimizer) -> None:
    """Gives the optimizer's moments their parameters' memory layout (channels last) back: the fused step walks
    through memory, and a moment laid out otherwise would meet another weight's gradient."""
    for parameter, values in optimizer.state.items():
        for key, value in values.items():
            if value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter).copy_(value)

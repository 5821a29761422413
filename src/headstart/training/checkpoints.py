"""Checkpoints: everything a training run needs to continue to the same bits. safetensors and JSON, no pickle.

One file, replaced as a whole: weights, optimizer, running average, best weights so far, and in its header the facts
(steps, schedule, history) and a checksum over all of it. Random state is not stored: it is a pure function of (seed,
epoch, step).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from headstart import files
from headstart.backbone.weights import pour
from headstart.errors import OutputError

_FILE, _FACTS, _CHECKSUM = "state.safetensors", "facts", "sha256"


def exists(folder: Path) -> bool:
    return (folder / _FILE).is_file()


def save(
    folder: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: Mapping[str, torch.Tensor],
    best: Mapping[str, torch.Tensor],
    facts: Mapping[str, Any],
) -> None:
    """Replaces the checkpoint in `folder`. Raises OutputError."""
    from safetensors.torch import save

    tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"average/{name}": tensor for name, tensor in average.items()}
    tensors |= {f"best/{name}": tensor for name, tensor in best.items()}
    for index, values in optimizer.state_dict()["state"].items():
        # What is no tensor (timm's note of how a weight is routed) the optimizer derives again.
        tensors |= {f"optimizer/{index}/{key}": v for key, v in values.items() if isinstance(v, torch.Tensor)}
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    said = json.dumps(dict(facts))
    files.write_bytes(folder / _FILE, save(plain, {_FACTS: said, _CHECKSUM: _checksum(plain, said)}))


def _checksum(tensors: Mapping[str, torch.Tensor], facts: str) -> str:
    """SHA-256 over names, kinds, shapes and bytes of all tensors, and over the facts."""
    digest = hashlib.sha256(facts.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def restore(
    folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer, identity: str
) -> tuple[Mapping[str, Any], dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Loads network and optimizer in place; returns (facts, running average, best weights).

    Raises OutputError where the checkpoint is damaged, or `identity` is not the one it was saved with.
    """
    facts, parts = _read(folder / _FILE)
    if facts["identity"] != identity:
        raise OutputError(
            f"{folder}: the checkpoint is of another network, or of other pictures, splits, seed, recipe or "
            "precision; resume with the run's own command, or start anew with --force"
        )
    pour(parts["network"], network)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in parts["optimizer"].items():
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    _laid_out_as_parameters(optimizer)
    return facts, parts["average"], parts["best"]


def _read(path: Path) -> tuple[Mapping[str, Any], dict[str, dict[str, torch.Tensor]]]:
    """(facts, tensors by part and name). Raises OutputError."""
    from safetensors import SafetensorError, safe_open

    damaged = OutputError(f"{path}: damaged; start anew with --force")
    parts: dict[str, dict[str, torch.Tensor]] = {"network": {}, "average": {}, "best": {}, "optimizer": {}}
    try:
        with safe_open(path, "pt") as stored:
            said = stored.metadata()
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a mapping
        if said[_CHECKSUM] != _checksum(tensors, said[_FACTS]):
            raise damaged
        for name, tensor in tensors.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = tensor
        return json.loads(said[_FACTS]), parts
    except (OSError, SafetensorError, ValueError, LookupError, TypeError) as error:
        raise damaged from error


def _laid_out_as_parameters(optimizer: torch.optim.Optimizer) -> None:
    """Gives the optimizer's moments their parameters' memory layout (channels last) back: the fused step walks
    through memory, and a moment laid out otherwise would meet another weight's gradient."""
    for parameter, values in optimizer.state.items():
        for key, value in values.items():
            if value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter).copy_(value)

"""Weights: read from a file or the hub, held against the network, counted into one hash. No pickle is run.

`.safetensors` holds no code. `.pth`, `.pt` and `.bin` are read with torch's `weights_only=True` and nothing else.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from headstart.errors import WeightsError

_LISTED = 4
# What torch's reader raises, beside its refusal, on a file cut short or overwritten.
_DAMAGE = (
    OSError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    struct.error,
)


def read(path: Path) -> dict[str, torch.Tensor]:
    """Tensor name → tensor (float16 and bfloat16 become float32). Raises WeightsError."""
    if not path.is_file():
        raise WeightsError(f"weights {path}: no such file; expected .safetensors, .pth, .pt or .bin")
    state = _safetensors(path) if path.suffix == ".safetensors" else _torch(path)
    state = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    return {name: t.float() if t.is_floating_point() else t for name, t in state.items()}


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"weights {path}: damaged or no safetensors file ({error}); fetch it anew"
        ) from error


def _torch(path: Path) -> dict[str, torch.Tensor]:
    from pickle import UnpicklingError  # the name of torch's refusal; nothing is unpickled by us

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickle protocols, before a file is refused
            value: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, *_DAMAGE) as error:
        raise WeightsError(
            f"weights {path}: not readable as plain tensors: it holds other objects, whose code is never run, or is "
            "damaged; convert it to .safetensors where you trust it"
        ) from error
    for key in ("state_dict", "model"):
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping):
            value = value[key]
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and isinstance(t, torch.Tensor) for name, t in value.items()
    ):
        raise WeightsError(
            f"weights {path}: expected a state dict (names to tensors), found {type(value).__name__}"
        )
    return dict(value)


def fit(module: nn.Module, state: Mapping[str, torch.Tensor], origin: str) -> None:
    """Loads `state` into `module`, every tensor exactly. Raises WeightsError naming keys and shapes."""
    own = module.state_dict()
    missing = [name for name in own if name not in state and not name.endswith("num_batches_tracked")]
    extra = [name for name in state if name not in own]
    wrong = [
        f"{name} is {list(state[name].shape)}, expected {list(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    troubles = [
        f"{len(names)} {what}: {', '.join(names[:_LISTED])}{', …' if len(names) > _LISTED else ''}"
        for what, names in (("missing", missing), ("unexpected", extra), ("of another shape", wrong))
        if names
    ]
    if troubles:
        raise WeightsError(
            f"{origin}: does not fit the network: {'; '.join(troubles)}; "
            "check --backbone and --model-kwargs against the weights"
        )
    pour(state, module)


def pour(state: Mapping[str, torch.Tensor], module: nn.Module) -> None:
    """Copies `state` into the module's tensors of the same names; those that it lacks stay as they are.

    torch's own load_state_dict has opinions on formats and on sliced normalisation layers; this has none.
    Raises RuntimeError where a shape differs.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name in state:
                tensor.copy_(state[name])

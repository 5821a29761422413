"""Weights: read from a file or the hub, held against the network, counted into one hash. No pickle is run.

`.safetensors` holds no code. `.pth`, `.pt` and `.bin` are read with torch's `weights_only=True`, which builds tensors
and plain values; what trainings keep beside them (options, paths, numpy's numbers) is allowed by name, and no more.
"""

from __future__ import annotations

import struct
import warnings
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import torch
from torch import nn

from headstart.errors import WeightsError

_LISTED = 4
# Keys that trainings keep a network's tensors under. The running averages are what such a training itself evaluates.
_AVERAGES = ("state_dict_ema", "model_ema", "ema_state_dict", "ema")
_WRAPPERS = (*_AVERAGES, "state_dict", "model", "model_state_dict", "net", "network")
_numpy_scalar = np.float64(0).__reduce__()[0]
# (what is built, the name that it has in files): classes that hold values and run nothing.
_PLAIN_DATA = [
    Namespace,
    *(
        (PurePosixPath, f"pathlib{inner}.{kind}PosixPath")
        for inner in ("", "._local")
        for kind in ("", "Pure")
    ),
    *(
        (PureWindowsPath, f"pathlib{inner}.{kind}WindowsPath")
        for inner in ("", "._local")
        for kind in ("", "Pure")
    ),
    *((_numpy_scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("?", "i4", "i8", "f2", "f4", "f8")),
]
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
_DEEPEST = 3  # wrappers within each other


@dataclass(frozen=True)
class Stored:
    """What a weights file holds.

    origin   what errors call it
    tensors  name → tensor (float16 and bfloat16 become float32)
    notes    what is to be said of how they were found
    """

    origin: str
    tensors: Mapping[str, torch.Tensor]
    notes: tuple[str, ...] = ()

    def outputs(self, head: str) -> int | None:
        """Outputs S of the classifier called `head`, whatever stands before its name; None where the file has none."""
        wanted = f"{head}.weight"
        found = [name for name in self.tensors if name == wanted or name.endswith(f".{wanted}")]
        shape = self.tensors[min(found, key=len)].shape if found else ()
        return shape[0] if shape else None

    def noting(self, tensors: Mapping[str, torch.Tensor], note: str) -> Stored:
        return replace(self, tensors=tensors, notes=(*self.notes, f"{self.origin}: {note}"))


def read(path: Path) -> Stored:
    """The tensors of a weights file, out of what a training wraps them in. Raises WeightsError."""
    if not path.is_file():
        raise WeightsError(f"weights {path}: no such file; expected .safetensors, .pth, .pt or .bin")
    state, notes = (_safetensors(path), ()) if path.suffix == ".safetensors" else _torch(path)
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in state.items()}
    return Stored(f"weights {path}", tensors, notes)


def stored(origin: str, tensors: Mapping[str, np.ndarray]) -> Stored:
    """Tensors that were read already. origin: what errors call them."""
    return Stored(origin, {name: torch.from_numpy(tensor) for name, tensor in tensors.items()})


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"weights {path}: damaged or no safetensors file ({error}); fetch it anew"
        ) from error


def _torch(path: Path) -> tuple[Mapping[str, torch.Tensor], tuple[str, ...]]:
    """(tensors by name, what is to be said of them)"""
    from pickle import UnpicklingError  # the name of torch's refusal; nothing is unpickled by us

    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_PLAIN_DATA):
            warnings.simplefilter("ignore")  # of pickle protocols, before a file is refused
            value: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, *_DAMAGE) as error:
        raise WeightsError(
            f"weights {path}: not readable as plain tensors: it holds other objects, whose code is never run, or is "
            "damaged; convert it to .safetensors where you trust it"
        ) from error
    found = _unwrapped(value)
    if found is None:
        raise WeightsError(
            f"weights {path}: expected a state dict (names to tensors), found {type(value).__name__}"
        )
    keys, state = found
    averages = [key for key in keys if key in _AVERAGES]
    return state, tuple(f"weights {path}: its running averages ({key}) are taken" for key in averages)


def _unwrapped(value: Any, depth: int = 0) -> tuple[tuple[str, ...], Mapping[str, torch.Tensor]] | None:
    """(the keys that lead to it, the state dict in what torch read), or None."""
    if not isinstance(value, Mapping) or not value:
        return None
    if all(isinstance(name, str) and isinstance(t, torch.Tensor) for name, t in value.items()):
        return (), value
    inner = ((key, _unwrapped(value.get(key), depth + 1)) for key in _WRAPPERS if depth < _DEEPEST)
    return next((((key, *found[0]), found[1]) for key, found in inner if found), None)


def named_for(stored: Stored, module: nn.Module, head: str) -> Stored:
    """`stored` with its tensors named as `module` names them: what a wrapper has put before all names is taken off.

    Any beginning will do, if most of the network's names are then there. head: the classifier's name.
    """
    own = {name for name in module.state_dict() if not name.startswith(f"{head}.")}
    starts = Counter(
        name[:place]
        for name in stored.tensors
        for place in (0, *(i + 1 for i, letter in enumerate(name) if letter == "."))
        if name[place:] in own
    )
    if not starts:
        return stored
    # Of two copies in one file, such as a student and its running average, the average.
    start = max(starts, key=lambda start: (starts[start], not start, "ema" in start, -len(start)))
    if not start or 2 * starts[start] < len(own):
        return stored
    inside = {name[len(start) :]: t for name, t in stored.tensors.items() if name.startswith(start)}
    outside = [name for name in stored.tensors if not name.startswith(start)]
    left = f"; {len(outside)} tensors without it are left out ({_some(outside)})" if outside else ""
    return stored.noting(inside, f"{start!r} is taken off the names of its tensors{left}")


def headless(stored: Stored, module: nn.Module, head: str) -> Stored | None:
    """`stored` without what stands at the classifier's place, where the network's own classifier is not in it."""
    own = {name for name in module.state_dict() if name.startswith(f"{head}.")}
    if not own or own & set(stored.tensors):
        return None
    body = {name: t for name, t in stored.tensors.items() if not name.startswith(f"{head}.")}
    return stored.noting(
        body, f"holds no classifier ({head}): the network gives features, and no classes of its own"
    )


def fit(module: nn.Module, stored: Stored) -> None:
    """Loads `stored` into `module`, every tensor exactly. Raises WeightsError naming keys and shapes."""
    own, state = module.state_dict(), stored.tensors
    missing = [name for name in own if name not in state and not name.endswith("num_batches_tracked")]
    extra = [name for name in state if name not in own]
    wrong = [
        f"{name} is {list(state[name].shape)}, expected {list(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    troubles = [
        f"{len(names)} {what}: {_some(names)}"
        for what, names in (("missing", missing), ("unexpected", extra), ("of another shape", wrong))
        if names
    ]
    if troubles:
        raise WeightsError(
            f"{stored.origin}: does not fit the network: {'; '.join(troubles)}; "
            "check --backbone and --model-kwargs against the weights"
        )
    pour(state, module)


def _some(names: Sequence[str]) -> str:
    """The first of many names."""
    return f"{', '.join(names[:_LISTED])}{', …' if len(names) > _LISTED else ''}"


def pour(state: Mapping[str, torch.Tensor], module: nn.Module) -> None:
    """Copies `state` into the module's tensors of the same names; those that it lacks stay as they are.

    torch's own load_state_dict has opinions on formats and on sliced normalisation layers; this has none.
    Raises RuntimeError where a shape differs.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name in state:
                tensor.copy_(state[name])

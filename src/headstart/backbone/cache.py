"""What is known of a network, kept, so that it is known again without making it: no torch is imported then.

A record is the Backbone as JSON with what was said when it was made. The weights of a network lie beside the records,
by their own hash, for the bundles that are made from it. Everything here may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import cache, files, progress, seals
from headstart.backbone import boxed, listing
from headstart.backbone import folder as folders
from headstart.backbone.backbone import Backbone
from headstart.backbone.families import FAMILIES
from headstart.backbone.fingerprint import COUNTED, fingerprint
from headstart.backbone.spec import NetworkSpec
from headstart.errors import BackboneError, OutputError
from headstart.extras import needed_for, version

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

# Raised whenever the same network would be described otherwise than before.
VERSION = 4
_PACKAGES = ("headstart", "torch", "timm", "torchvision")
_COUNTS = "counts"


def load(spec: NetworkSpec) -> Backbone:
    """As zoo.load, which is asked only for what is neither in the box nor known yet."""
    found = boxed.find(spec) or _known(spec)
    for note in found[1]:
        progress.say(note)
    return found[0]


def _known(spec: NetworkSpec) -> tuple[Backbone, list[str]]:
    origin = _origin(spec)
    kept = _place(origin, spec)
    found = _read(kept) or _with_cuts(_read(_place(origin, spec.plain)), spec.taps)
    if found is not None:
        return found
    if folders.find(spec.name) is None and spec.name.partition(":")[0] not in FAMILIES:
        raise listing.unknown(spec.name)
    with needed_for(_described(spec)):
        from headstart.backbone import zoo

        backbone, notes, module = zoo.load(spec)
    if kept is not None:
        _keep(kept, backbone, notes, module)
    return backbone, notes


def _described(spec: NetworkSpec) -> str:
    """What needs torch."""
    if spec.name not in boxed.names():
        return f"backbone {spec.name!r}"
    if spec.weights is not None or spec.model_kwargs:
        return f"{spec.name} with weights or options other than its own"
    own = ", ".join(stage.name for stage in boxed.read(spec.name).stages)
    return f"{spec.name} cut at {' and '.join(spec.taps)}, beside its own cuts {own}"


def state(backbone: Backbone) -> dict[str, np.ndarray] | None:
    """All tensors of the network by name, float32 [...] and buffers, or None where they are not kept or damaged.

    Raises WeightsError where those of a network in the box are.
    """
    if boxed.holds(backbone):
        return boxed.tensors(backbone.name)
    from safetensors import SafetensorError, safe_open

    try:
        path = _weights(backbone.weights_sha256)
        with safe_open(path, "numpy") as stored:
            counts = (stored.metadata() or {}).get(_COUNTS)
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError, OutputError):
        return None
    if fingerprint(tensors) == backbone.weights_sha256 and _counts(tensors) == counts:
        return tensors
    with contextlib.suppress(OSError):
        path.unlink()  # damaged: kept anew when the network is next made
    return None


def _counts(tensors: Mapping[str, np.ndarray]) -> str:
    """Stands for the batches counted, which do not identify weights but travel with them."""
    return files.sha256_of(*(f"{n} {t.tolist()}" for n, t in sorted(tensors.items()) if n.endswith(COUNTED)))


def _origin(spec: NetworkSpec) -> list[str]:
    """Digests of the files that the network is made from, as far as they lie on this machine."""
    folder = folders.find(spec.name)
    paths = [] if spec.weights is None else [Path(spec.weights)]
    if folder is not None:
        paths.append(folder / "backbone.json")
        if spec.weights is None:
            folders.check(folder)
    return [files.sha256(path) for path in paths if path.is_file()]


def _place(origin: list[str], spec: NetworkSpec) -> Path | None:
    """Where the record lies, or None where the cache cannot be written."""
    versions = [version(package) for package in _PACKAGES]
    facts = json.dumps([VERSION, versions, origin, asdict(spec)], sort_keys=True, default=str)
    try:
        return cache.folder("backbones") / f"{files.sha256_of(facts)}.json"
    except OutputError:
        return None


def _with_cuts(
    found: tuple[Backbone, list[str]] | None, taps: Sequence[str]
) -> tuple[Backbone, list[str]] | None:
    """The network as it is without further cuts, if it has all of `taps` among its own."""
    return found if found and set(taps) <= set(found[0].stage_names) else None


def _read(path: Path | None) -> tuple[Backbone, list[str]] | None:
    if path is None:
        return None
    try:
        values = seals.opened(path.read_text(encoding="utf-8"))
        backbone, notes = Backbone.from_dict(values["backbone"]), values["notes"]
        return (backbone, notes) if _weights(backbone.weights_sha256).is_file() else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, BackboneError, OutputError):
        return None  # not there, or damaged: made anew


def _keep(path: Path, backbone: Backbone, notes: list[str], module: nn.Module) -> None:
    from safetensors.torch import save

    try:
        weights = _weights(backbone.weights_sha256)
        if not weights.is_file():
            tensors = {name: t.detach().contiguous() for name, t in _tensors(module)}
            counts = _counts({name: t.numpy() for name, t in tensors.items()})
            files.write_bytes(weights, save(tensors, {_COUNTS: counts}))
        files.write_json(path, seals.sealed({"backbone": backbone.to_dict(), "notes": notes}))
    except OutputError as error:
        progress.say(f"what is known of {backbone.name} is not kept: {error}")


def _tensors(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """The state, tensors that share memory copied: the format knows no sharing."""
    seen: set[int] = set()
    for name, tensor in module.state_dict().items():
        place = tensor.untyped_storage().data_ptr()
        yield name, tensor.clone() if place in seen else tensor
        seen.add(place)


def _weights(sha256: str) -> Path:
    return cache.folder("weights") / f"{sha256}.safetensors"

"""Backbones of our own: a folder with weights and a card. The package ships some; `headstart pretrain` makes more.

model.safetensors   matrices as float16, vectors as float32
backbone.json       the card: network, preparation, source, recipe, accuracy, SHA-256 of the weights
README.md           the card for people
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from headstart import files
from headstart.backbone.backbone import Source
from headstart.backbone.network import Entry, Network, fill
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, WeightsError

SHIPPED = Path(__file__).parent / "shipped"
FORMAT = 1


@dataclass(frozen=True)
class Card:
    """What a folder's `backbone.json` says. `training` holds recipe, seed, accuracy and versions, as written."""

    network: str
    preprocess: Preprocess
    source: Source
    sha256: str
    training: Mapping[str, Any] = field(default_factory=dict)


def architectures() -> dict[str, Callable[..., nn.Module]]:
    """The architectures that the package itself defines."""
    from headstart.backbone.demo_cnn import DemoCNN

    return {"demo-cnn": DemoCNN}


def architecture(name: str) -> Callable[..., nn.Module]:
    """The class behind a card's `network`. Raises BackboneError."""
    known = architectures()
    if name not in known:
        raise BackboneError(f"network {name!r} is unknown; the package defines {', '.join(known)}")
    return known[name]


def find(name: str) -> Path | None:
    """The folder of the backbone called `name`: one that is shipped, or a path given by the user."""
    for folder in (SHIPPED / name, Path(name).expanduser()):
        if (folder / "backbone.json").is_file():
            return folder
    return None


def entries() -> list[Entry]:
    folders = sorted(path.parent for path in SHIPPED.glob("*/backbone.json"))
    return [
        Entry(folder.name, "embedded", f"pre-trained on {read_card(folder).source.dataset}")
        for folder in folders
    ]


def network(folder: Path, kwargs: Mapping[str, Any], file: str | None, *, pretrained: bool) -> Network:
    """The network of `folder`. Raises WeightsError where its weights are damaged."""
    card = read_card(folder)
    try:
        module = architecture(card.network)(num_classes=card.source.num_classes, **kwargs)
    except TypeError as error:
        raise BackboneError(f"{card.network}: does not take these --model-kwargs ({error})") from error
    if pretrained:
        fill(module, str(_checked(folder, card)) if file is None else file)
    taps = tuple(info["module"] for info in module.feature_info)  # pyright: ignore[reportGeneralTypeIssues]
    return Network(module.eval(), card.preprocess, card.source, taps, str(module.classifier_name))


def read_card(folder: Path) -> Card:
    """Raises BackboneError where the card is missing parts or from a newer version."""
    path = folder / "backbone.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] > FORMAT:
            raise BackboneError(
                f"{path}: format {values['format']} is newer than this version; upgrade headstart"
            )
        source = {**values["source"], "classes": tuple(values["source"]["classes"])}
        return Card(
            network=values["network"],
            preprocess=Preprocess.from_dict(values["preprocess"]),
            source=Source(**source),
            sha256=values["sha256"],
            training=values["training"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackboneError(f"{path}: not a backbone's card ({type(error).__name__}: {error})") from error


def _checked(folder: Path, card: Card) -> Path:
    path = folder / "model.safetensors"
    if not path.is_file():
        raise WeightsError(f"{path}: missing; install the package again, or pretrain the backbone anew")
    if files.sha256(path) != card.sha256:
        raise WeightsError(f"{path}: damaged (its SHA-256 is not the card's); install or pretrain it anew")
    return path


def write(folder: Path, module: nn.Module, card: Card, readme: str) -> Card:
    """Writes `module` as a backbone into `folder` and returns the card with the weights' SHA-256."""
    from safetensors.torch import save

    weights = folder / "model.safetensors"
    files.write_bytes(weights, save(_slim(module)))
    card = Card(card.network, card.preprocess, card.source, files.sha256(weights), card.training)
    files.write_json(folder / "backbone.json", {"format": FORMAT, **asdict(card)})
    files.write_text(folder / "README.md", readme)
    return card


def _slim(module: nn.Module) -> dict[str, torch.Tensor]:
    """Matrices to float16; vectors (biases, normalisation and its statistics) keep their range in float32."""
    state = {name: t.detach().cpu() for name, t in module.state_dict().items()}
    return {
        name: (t.half() if t.is_floating_point() and t.ndim > 1 else t).contiguous()
        for name, t in state.items()
    }

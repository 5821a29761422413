"""Backbones of our own: a folder with weights and a card. The package ships some; `headstart pretrain` makes more.

model.safetensors   matrices as float16, vectors as float32; lite0's weights lie in a package of their own instead
backbone.json       the card: network, preparation, source, recipe, accuracy, SHA-256 of the weights
README.md           the card for people
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, seals
from headstart.backbone import lite0
from headstart.backbone.backbone import SETTLED, Source, check_options
from headstart.backbone.entry import Entry
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, WeightsError

if TYPE_CHECKING:
    import torch
    from torch import nn

    from headstart.backbone.network import Network

SHIPPED = Path(__file__).parent / "shipped"
FORMAT = 2
_ORDER = ("lite0", "small", "demo-cnn")


@dataclass(frozen=True)
class Card:
    """What a folder's `backbone.json` says. `training` holds recipe, seed, accuracy and versions, as written;
    `model_kwargs` the architecture's options."""

    network: str
    preprocess: Preprocess
    source: Source
    sha256: str
    training: Mapping[str, Any] = field(default_factory=dict)
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Blank:
    """A network with random weights. taps: modules whose outputs are the default cuts; head: the classifier's name."""

    module: nn.Module
    taps: tuple[str, ...]
    head: str


# Further architectures by name, for cards and for pre-training: name → factory(num_classes=…).
ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {}


def architectures() -> dict[str, Callable[..., nn.Module]]:
    """The architectures that the package itself defines, and those that were added to ARCHITECTURES."""
    from headstart.backbone.demo_cnn import DemoCNN
    from headstart.backbone.small import Small

    return {"small": Small, "demo-cnn": DemoCNN, **ARCHITECTURES}


def blank(name: str, num_classes: int, kwargs: Mapping[str, Any] | None = None) -> Blank:
    """The architecture called `name`, ours or "timm:NAME", with random weights. Raises BackboneError."""
    check_options(name, kwargs or {}, ("num_classes", *SETTLED))
    family, _, rest = name.partition(":")
    if family == "timm" and rest:
        from headstart.backbone import from_timm

        made = from_timm.network(rest, {"num_classes": num_classes, **(kwargs or {})}, None, pretrained=False)
        return Blank(made.module, made.taps, made.head)
    known = architectures()
    if name not in known:
        raise BackboneError(f"network {name!r} is unknown; expected {', '.join(known)} or timm:NAME")
    try:
        return of(known[name](num_classes=num_classes, **(kwargs or {})))
    except TypeError as error:
        raise BackboneError(f"{name}: does not take these --model-kwargs ({error})") from error


def of(module: nn.Module) -> Blank:
    """A module of ours: it says itself where it can be cut (`feature_info`) and what its classifier is called."""
    taps = tuple(info["module"] for info in module.feature_info)  # pyright: ignore[reportGeneralTypeIssues]
    return Blank(module, taps, str(module.classifier_name))


def find(name: str) -> Path | None:
    """The folder of the backbone called `name`: one that is shipped, or a path given by the user.

    "small" is the shipped one, "./small" a folder of that name.
    """
    shipped = {card.parent.name: card.parent for card in SHIPPED.glob("*/backbone.json")}
    folder = shipped.get(name, Path(name).expanduser())
    return folder if (folder / "backbone.json").is_file() else None


def entries() -> list[Entry]:
    """The networks in the box."""
    return [_entry(folder) for folder in _shipped()]


def _entry(folder: Path) -> Entry:
    card, here = read_card(folder), not carried(folder) or lite0.here()
    note = f"pre-trained on {card.source.dataset}" if here else f"lacking: {lite0.INSTALL}"
    return Entry(folder.name, "embedded", card.preprocess.size, here, note)


def carried(folder: Path) -> bool:
    """Whether the weights of `folder` are those that a package carries."""
    return folder == SHIPPED / lite0.NAME


def _shipped() -> list[Path]:
    """The folders of the networks in the box, in the order in which they are listed."""
    folders = [card.parent for card in SHIPPED.glob("*/backbone.json")]
    return sorted(folders, key=lambda folder: (_place(folder.name), folder.name))


def _place(name: str) -> int:
    """Of a name in the order; those that are not in it stand behind."""
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def network(folder: Path, kwargs: Mapping[str, Any], file: str | None, *, pretrained: bool) -> Network:
    """The network of `folder`. Raises WeightsError where its weights are damaged."""
    from headstart.backbone.network import Network, given, read
    from headstart.backbone.weights import stored

    card = read_card(folder)
    made = blank(card.network, card.source.num_classes, {**card.model_kwargs, **kwargs})
    network = Network(made.module.eval(), card.preprocess, card.source, made.taps, made.head)
    if file is None and not pretrained:
        return network
    if file is None and carried(folder):
        return given(network, stored(f"weights of {lite0.NAME}", lite0.state()), pretrained=pretrained)
    return given(network, read(file or str(_checked(folder, card))), pretrained=pretrained)


def read_card(folder: Path) -> Card:
    """Raises BackboneError where the card is missing parts or from a newer version."""
    path = folder / "backbone.json"
    try:
        values = seals.versioned(path.read_text(encoding="utf-8"), FORMAT)
        source = {**values["source"], "classes": tuple(values["source"]["classes"])}
        return Card(
            network=values["network"],
            preprocess=Preprocess.from_dict(values["preprocess"]),
            source=Source(**source),
            sha256=values["sha256"],
            training=values["training"],
            model_kwargs=values.get("model_kwargs", {}),
        )
    except seals.Newer as error:
        raise BackboneError(f"{path}: {error}") from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BackboneError(
            f"{path}: not a backbone's card, or damaged ({seals.reason(error)}); install the package again, "
            "or pretrain the backbone anew"
        ) from error


def check(folder: Path) -> None:
    """Raises WeightsError where the weights of `folder` are missing or damaged."""
    if carried(folder):
        lite0.check()
    else:
        _checked(folder, read_card(folder))


def _checked(folder: Path, card: Card) -> Path:
    path = folder / "model.safetensors"
    if not path.is_file():
        raise WeightsError(f"{path}: missing; install the package again, or pretrain the backbone anew")
    if files.sha256(path) != card.sha256:
        raise WeightsError(f"{path}: damaged (its SHA-256 is not the card's); install or pretrain it anew")
    return path


def write(
    folder: Path, module: nn.Module, card: Card, readme: Callable[[Card], str] = lambda card: ""
) -> Card:
    """Writes `module` as a backbone into `folder` and returns the card with the weights' SHA-256.

    readme: makes the card for people out of that card.
    """
    from safetensors.torch import save

    weights = folder / "model.safetensors"
    files.write_bytes(weights, save(_slim(module)))
    card = replace(card, sha256=files.sha256(weights))
    values = {"format": FORMAT, **asdict(card), "preprocess": card.preprocess.to_dict()}
    files.write_text(folder / "backbone.json", compact(seals.sealed(values)))
    files.write_text(folder / "README.md", readme(card))
    return card


def compact(values: Mapping[str, Any]) -> str:
    """Indented JSON in which lists of numbers or names stand on one line each: statistics hold thousands."""
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    # A JSON string holds no raw line break, so that only the layout is touched.
    return re.sub(r"\[\n[^\[\]{}]*\]", lambda found: re.sub(r"\n\s*", " ", found.group()), text) + "\n"


def round_(module: nn.Module) -> None:
    """Rounds `module` in place to the precision that it is stored in, so that what is measured is what is kept."""
    from headstart.backbone.weights import pour

    pour(_slim(module), module)


def _slim(module: nn.Module) -> dict[str, torch.Tensor]:
    """Matrices to float16; vectors (biases, normalisation and its statistics) keep their range in float32."""
    state = {name: t.detach().cpu() for name, t in module.state_dict().items()}
    return {
        name: (t.half() if t.is_floating_point() and t.ndim > 1 else t).contiguous()
        for name, t in state.items()
    }

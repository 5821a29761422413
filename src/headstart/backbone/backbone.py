"""Backbone and Stage: what is known of a network without loading it. Imports no torch.

Plain data that can be saved as JSON; `headstart.backbone.build` makes the torch module that it speaks of.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from headstart.data.depth import GreyLevels, levels_of
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError
from headstart.files import sha256_of

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from headstart.data.dataset import Dataset

HEAD = "head"
PRE_LOGITS = "pre_logits"
MAP = "map"  # in place of a pooling: the output at every place
EPSILON = 1e-6  # added under the root of a spread: the gradient of a root is infinite at zero
# Options of an architecture that pictures and weights settle, some of which would read files.
SETTLED = (
    "in_chans",
    "checkpoint_path",
    "pretrained_cfg",
    "pretrained_cfg_overlay",
    "cache_dir",
    "pretrained",
)
LAYOUTS = ("NCHW", "NHWC", "NLC", "NC")


def check_options(name: str, options: Mapping[str, Any], settled: Sequence[str] = SETTLED) -> None:
    """Refuses options of the architecture called `name` that are not the user's to give. Raises BackboneError."""
    for key in settled:
        if key in options:
            raise BackboneError(
                f"{name}: --model-kwargs {key} is settled by pictures and weights; leave it out"
            )


@dataclass(frozen=True)
class Stage:
    """One stretch of the network, ending in a place where it can be cut.

    name        unique; the module's dotted name, or "pre_logits" for what enters the classifier
    tap         the module whose output is the cut; for "pre_logits" the classifier, whose *input* is taken
    channels    width C of the tapped output
    layout      "NCHW", "NHWC" (maps), "NLC" (tokens) or "NC" (vectors)
    reduction   input pixels per output pixel along one side; 0 for vectors and tokens
    parameters  number of parameters that belong to this stage
    """

    name: str
    tap: str
    channels: int
    layout: str
    reduction: int
    parameters: int

    def __post_init__(self) -> None:
        """Raises BackboneError for a value outside its range, as a file that is not ours may have it."""
        numbers = {"channels": (self.channels, 1), "reduction": (self.reduction, 0)}
        for name, (value, least) in {**numbers, "parameters": (self.parameters, 0)}.items():
            if type(value) is not int or value < least:
                raise BackboneError(
                    f"stage {self.name!r}: {name} is {value!r}; expected a whole number from {least} on"
                )
        if self.layout not in LAYOUTS:
            raise BackboneError(
                f"stage {self.name!r}: layout is {self.layout!r}; expected one of {', '.join(LAYOUTS)}"
            )

    @property
    def spatial(self) -> bool:
        """True where there are places to pool over, so that a spread exists beside the mean."""
        return self.layout != "NC"

    def width(self, pool: str) -> int:
        """Length D of the pooled feature vector: C for "avg", 2 C for "avgstd" on a spatial cut."""
        return self.channels * (2 if pool == "avgstd" and self.spatial else 1)


@dataclass(frozen=True)
class Source:
    """What the weights were learnt on: data set's name, class names (may be empty), S outputs.

    statistics: stage name → {"mean": [C], perhaps "var": [C]} of pooled features on source pictures, where known;
    entropy: mean entropy of the source head on held-out source pictures, divided by log S, where known.
    """

    dataset: str
    num_classes: int
    classes: tuple[str, ...] = ()
    statistics: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)
    entropy: float | None = None

    def __post_init__(self) -> None:
        """Raises BackboneError for a value outside its range, as a file that is not ours may have it."""
        if type(self.num_classes) is not int or self.num_classes < 0:
            raise BackboneError(f"source: num_classes is {self.num_classes!r}; expected 0 or more")
        if self.entropy is not None and not 0 <= self.entropy <= 1:
            raise BackboneError(f"source: entropy is {self.entropy!r}; expected 0 to 1")
        for stage, known in self.statistics.items():
            variances = known.get("var", [])
            if len(known["mean"]) != len(known.get("var", known["mean"])) or not all(
                map(math.isfinite, known["mean"])
            ):
                raise BackboneError(
                    f"source: the statistics of {stage!r} are no finite numbers, one each a channel"
                )
            if not all(0 <= value < math.inf for value in variances):
                raise BackboneError(f"source: a variance of {stage!r} is not within 0 and infinity")


@dataclass(frozen=True)
class Backbone:
    """A pre-trained network as data: where it may be cut and which weights it stands for.

    name            "small", "demo-cnn", a pretrained folder, "timm:NAME" or "torchvision:NAME"; or what the user
                    calls a network of their own
    stages          K stages from input to output; the last is usually "pre_logits"
    preprocess      the input preparation that belongs to the weights, and a data set's levels: see with_levels_of()
    weights_sha256  SHA-256 over the names and bytes of the pre-trained tensors
    source          what the weights were learnt on
    head            dotted name of the classifier module that a new head replaces
    owners          parameter or buffer name → the stage it belongs to, or "head"
    model_kwargs    passed on when the architecture is made (as timm's --model-kwargs)
    weights         local weights file the network was loaded from, or None for the registry's own
    graph           of a network of the user's own (backbone_of()): hash of what it computes; else ""
    module          such a network itself, which no name leads to; it is part of no comparison and of no file
    """

    name: str
    stages: tuple[Stage, ...]
    preprocess: Preprocess
    weights_sha256: str
    source: Source
    head: str
    owners: Mapping[str, str]
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    weights: str | None = None
    graph: str = ""
    module: nn.Module | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raises BackboneError where stages are missing or owners name others."""
        names = {stage.name for stage in self.stages}
        if not names or len(names) < len(self.stages):
            raise BackboneError(
                f"{self.name}: its stages are {list(self.stage_names)}; expected different ones"
            )
        if not isinstance(self.head, str) or not isinstance(self.model_kwargs, Mapping):
            raise BackboneError(f"{self.name}: head {self.head!r} or model_kwargs is no name, or no table")
        strangers = set(self.owners.values()) - names - {HEAD}
        if strangers:
            raise BackboneError(
                f"{self.name}: tensors belong to {sorted(strangers)[0]!r}, which is no stage of it"
            )

    @property
    def stage_names(self) -> tuple[str, ...]:
        """From input to output."""
        return tuple(stage.name for stage in self.stages)

    @property
    def top(self) -> Stage:
        """The last cut, just below the classifier."""
        return self.stages[-1]

    @property
    def classifies(self) -> bool:
        """True where the source's own classifier takes the size of these inputs and has something to say."""
        return self.top.name == PRE_LOGITS and self.source.num_classes > 0

    def stage(self, name: str) -> Stage:
        """The stage called `name`. Raises BackboneError, naming what there is."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise BackboneError(
            f"cut {name!r}: {self.name} has no such stage; it has {', '.join(self.stage_names)}"
        )

    def with_levels(self, levels: GreyLevels | None) -> Backbone:
        """The same network; of deep greys `levels` are what it sees as black and white (see headstart.data.depth)."""
        return replace(self, preprocess=replace(self.preprocess, levels=levels))

    def with_levels_of(self, dataset: Dataset, index: np.ndarray) -> Backbone:
        """with_levels() of the range that the pictures at `index` share; unchanged where they are pictures of 8 bits,
        and where there are levels already. index: int64 [M].

        measure(), fit(), compare() and pretrain() do so for the training pictures.
        """
        return self if self.preprocess.levels else self.with_levels(levels_of(dataset, index))

    @property
    def key(self) -> str:
        """Hash of everything that determines the features: weights, architecture, cuts, preprocessing."""
        stages = [(stage.name, stage.tap) for stage in self.stages]
        facts = [self.name, self.weights_sha256, dict(self.model_kwargs), self.preprocess.to_dict(), stages]
        return sha256_of(json.dumps([*facts, *self._own], sort_keys=True))

    @property
    def preparation(self) -> str:
        """Short hash of what the weights' own hash leaves open: input preparation and architecture options."""
        facts = [self.with_levels(None).preprocess.to_dict(), dict(self.model_kwargs)]
        return sha256_of(json.dumps([*facts, *self._own], sort_keys=True))[:16]

    @property
    def _own(self) -> list[str]:
        return [self.graph] if self.graph else []

    def to_dict(self) -> dict[str, Any]:
        values = {**asdict(replace(self, module=None)), "preprocess": self.preprocess.to_dict()}
        return {key: value for key, value in values.items() if key != "module" and (key != "graph" or value)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Backbone:
        source = dict(values["source"])
        source["classes"] = tuple(source["classes"])
        return Backbone(
            **{
                **values,
                "stages": tuple(Stage(**stage) for stage in values["stages"]),
                "preprocess": Preprocess.from_dict(values["preprocess"]),
                "source": Source(**source),
            }
        )

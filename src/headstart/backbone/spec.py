"""NetworkSpec: a network as it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class NetworkSpec:
    """Which network is meant, and what is to be otherwise than its place says.

    name          "small", "demo-cnn", a pretrained folder, "timm:NAME" or "torchvision:NAME"
    weights       a local file in place of the registry's own weights
    model_kwargs  options of the architecture
    preprocess    fields of Preprocess that these weights want otherwise (mean, std, interpolation)
    image_size    side of the input in pixels; None is the network's own
    taps          module names that become further cuts
    """

    name: str
    weights: str | None = None
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    preprocess: Mapping[str, Any] = field(default_factory=dict)
    image_size: int | None = None
    taps: tuple[str, ...] = ()

    @staticmethod
    def of(
        name: str,
        *,
        weights: str | None = None,
        model_kwargs: Mapping[str, Any] | None = None,
        preprocess: Mapping[str, Any] | None = None,
        image_size: int | None = None,
        taps: Sequence[str] = (),
    ) -> NetworkSpec:
        """The same where None stands for nothing."""
        return NetworkSpec(name, weights, model_kwargs or {}, preprocess or {}, image_size, tuple(taps))

    @property
    def plain(self) -> NetworkSpec:
        """Without the further cuts."""
        return replace(self, taps=())

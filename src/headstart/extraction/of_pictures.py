"""features(): the network as feature extractor, for pictures without labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from headstart import backbone as networks
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset
from headstart.data.decode import check_truncated, content
from headstart.data.given import Given, given, name_of
from headstart.data.quality import digest_of
from headstart.data.threads import ordered
from headstart.errors import BackboneError, PictureError
from headstart.extraction.cuts import cut_names, feature_names, pool_at
from headstart.extraction.extract import extract
from headstart.runtime import Execution

_POOLS = ("avg", "avgstd")


def features(
    pictures: Any,
    *,
    backbone: str | Backbone = networks.DEFAULT,
    cut: str | Sequence[str] | None = None,
    pool: str | None = None,
    image_size: int | None = None,
    runtime: str = "auto",
    precision: str = "fp32",
    device: str = "auto",
    workers: int = 0,
    keep_features: str = "fp32",
    truncated: str = "refuse",
) -> np.ndarray:
    """float32 [N, D]: what a frozen network says of N pictures, in their order (Sharif Razavian et al. 2014).

    pictures    one or several, as `Model.probabilities` takes them; copies may be among them
    backbone    a network's name or a Backbone; image_size: its input side in pixels, where it has only a name
    cut         where the network is cut: a stage, several, or "a+b", whose columns stand side by side in the network's
                order; None is the top
    pool        "avg" takes the mean over places, "avgstd" mean and standard deviation; None is what a plan takes at
                that cut: both where there are places, else the vector itself
    runtime, precision, device, workers, keep_features
                how the network runs and the features are kept, by content: see `headstart.runtime.Execution`
    truncated   "keep" takes JPEGs whose end is missing

    Greys of more than 8 bits are shown by the backbone's own range (`Backbone.with_levels`), else by their full scale.
    Raises DataError for what is no picture, PictureError that names one which cannot be used, BackboneError for an
    unknown network, cut or pooling.
    """
    check_truncated(truncated)
    meant = given(pictures)
    network, cuts, pool = settled(backbone, cut, pool, image_size)
    if not meant:
        return np.empty((0, len(feature_names(network, cuts, pool))), np.float32)
    execution = Execution(runtime, precision, device=device, workers=workers, keep=keep_features)
    dataset = _unlabelled(meant, workers, truncated)
    found = extract(dataset, np.arange(len(dataset)), network, execution=execution)
    order = [name for name in network.stage_names if name in cuts]
    return found.at(order, pool, {stage.name: stage.channels for stage in network.stages})


def settled(
    backbone: str | Backbone, cut: str | Sequence[str] | None, pool: str | None, image_size: int | None
) -> tuple[Backbone, tuple[str, ...], str]:
    """(network, cuts, pooling) that the arguments of features() mean. Raises BackboneError."""
    cuts = cut_names(cut)
    if pool not in (None, *_POOLS):
        raise BackboneError(f"pool {pool!r}: expected one of {', '.join(_POOLS)}")
    network = network_of(backbone, image_size, cuts)
    cuts = cuts or (network.top.name,)
    return network, cuts, pool or pool_at(network, cuts)


def network_of(backbone: str | Backbone, image_size: int | None, cuts: Sequence[str]) -> Backbone:
    """The network of that name, with further cuts, or as it was loaded. Raises BackboneError."""
    if not isinstance(backbone, Backbone):
        return networks.load(backbone, image_size=image_size, taps=cuts)
    if image_size not in (None, backbone.preprocess.size):
        raise BackboneError(
            f"image_size {image_size}: {backbone.name} is loaded already, for {backbone.preprocess.size}; give its name"
        )
    return backbone


def _unlabelled(pictures: Sequence[str | Given], workers: int, truncated: str) -> Dataset:
    """The pictures as a data set of one class. Raises PictureError."""
    count = len(pictures)
    digests = tuple(ordered(_digest, pictures, workers=workers))
    groups, labels = np.arange(count), np.zeros(count, np.int64)
    return Dataset(tuple(pictures), labels, ("",), groups, ("",) * count, digests, truncated=truncated)


def _digest(picture: str | Given) -> str:
    try:
        with content(picture) as held:
            return digest_of(held)
    except PictureError as error:
        raise PictureError(f"{name_of(picture)}: {error}") from error

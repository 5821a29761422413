"""BundleInfo: what a bundle says of itself beside the model."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

INFO, CONFIG = "headstart.json", "config.json"  # the first makes a folder a bundle
FORMAT = 2
_PACKAGES = ("headstart", "torch", "timm", "torchvision", "openvino", "numpy", "pillow")
_KINDS: dict[str, tuple[type, ...]] = {
    "trained_on": (str,),
    "data_fingerprint": (str,),
    "metrics": (dict,),
    "versions": (dict,),
    "history": (list,),
    "held_out": (list,),
    "left_out": (list,),
    "evidence": (dict, type(None)),
}


@dataclass(frozen=True)
class BundleInfo:
    """Plain values, as JSON has them; all are empty for a model that was loaded from no bundle.

    evidence          Evidence.to_dict(), or None
    metrics           "splits" and "baselines": name → Evaluation.to_dict()
    history           one record an epoch, without seconds: equal commands write equal bundles
    versions          of Python and of what computed
    data_fingerprint  of the data set
    trained_on        short digests of the pictures that heads and networks learn from or are chosen by
    held_out          of the report pictures, where these were drawn and not given as a split
    left_out          classes of the data that the model was not taught because that was asked for
    """

    evidence: Mapping[str, Any] | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[Mapping[str, Any], ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    data_fingerprint: str = ""
    trained_on: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As `headstart.json` has it."""
        return {
            "evidence": self.evidence,
            "metrics": dict(self.metrics),
            "history": [
                {key: value for key, value in row.items() if key != "seconds"} for row in self.history
            ],
            "versions": dict(self.versions),
            "data_fingerprint": self.data_fingerprint,
            "trained_on": " ".join(self.trained_on),
            "held_out": list(self.held_out),
            "left_out": list(self.left_out),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> BundleInfo:
        """Of what `headstart.json` holds; older ones lack some. Raises ValueError for values of another kind."""
        for key, expected in _KINDS.items():
            if key in values and not isinstance(values[key], expected):
                found = type(values[key]).__name__
                raise ValueError(f"{key} is of type {found}, expected {expected[0].__name__}")
        for key in ("held_out", "left_out"):
            if not all(isinstance(name, str) for name in values.get(key, ())):
                raise ValueError(f"{key}: expected names alone")
        return BundleInfo(
            evidence=values.get("evidence"),
            metrics=values.get("metrics", {}),
            history=tuple(values.get("history", ())),
            versions=values.get("versions", {}),
            data_fingerprint=values.get("data_fingerprint", ""),
            trained_on=tuple(values.get("trained_on", "").split()),
            held_out=tuple(values.get("held_out", ())),
            left_out=tuple(values.get("left_out", ())),
        )


def versions() -> dict[str, str]:
    """Versions of Python and of what computes."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package).partition("+")[0]
        except metadata.PackageNotFoundError:
            continue
    return found

"""A report's contents as plain JSON values and back, so that the page can be made again without the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any

from headstart.assess.baseline import Baseline
from headstart.assess.hindsight import Hindsight
from headstart.assess.scored import Scored
from headstart.backbone.backbone import Backbone
from headstart.data.dataset import BadPicture
from headstart.evidence.evidence import Evidence
from headstart.planning import toml
from headstart.report.contents import Contents, Judged, Way
from headstart.report.outline import PARTS
from headstart.report.thumbnails import Album
from headstart.training.epoch import Epoch

FORMAT = 1


# Fields of Contents that are plain values as they stand, and those that are tuples of text.
_PLAIN = ("title", "created", "story", "command", "bundle", "promise")
_TEXTS = ("notes", "lacking")
# Part → (module, name) of its type.
KINDS = {
    "suspects": ("headstart.screening.finding", "Reviewed"),
    "embedding": ("headstart.report.embedding", "Embedding"),
    "certainty": ("headstart.assess.sureness", "Sureness"),
    "explained": ("headstart.report.explained", "ExplainedPictures"),
    "points": ("headstart.assess.points", "Points"),
    "levels": ("headstart.assess.levels", "Levels"),
}


def to_dict(run: Contents, album: Album) -> dict[str, Any]:
    """The contents with the thumbnails that the page shows. Equal contents give equal values."""
    return {
        "format": FORMAT,
        **{name: getattr(run, name) for name in _PLAIN},
        **{name: list(getattr(run, name)) for name in _TEXTS},
        "backbone": replace(run.backbone, weights=None, module=None).to_dict(),
        "plan": toml.dumps(run.plan),
        "kept": run.kept and toml.dumps(run.kept),
        "evidence": run.evidence and run.evidence.to_dict(),
        "evaluations": [one.to_dict() for one in run.evaluations],
        "baselines": [{"name": one.name, **one.to_dict()} for one in run.baselines],
        "arms": [asdict(way) for way in run.arms],
        "hindsight": [{"name": name, **one.to_dict()} for name, one in run.hindsight.items()],
        "history": [epoch.to_dict() for epoch in run.history],
        "mistakes": [_judged(one) for one in run.mistakes],
        "hits": [_judged(one) for one in run.hits],
        "examples": [_judged(one) for one in run.examples],
        "class_counts": dict(run.class_counts),
        "quarantine": [asdict(bad) for bad in run.quarantine],
        "parts": {name: one.to_dict() for name in PARTS if (one := getattr(run, name)) is not None},
        "thumbnails": album.to_dict(),
    }


def _judged(one: Judged) -> dict[str, Any]:
    return {**vars(one), "picture": one.path}


def from_dict(values: Mapping[str, Any]) -> tuple[Contents, Album]:
    """What to_dict() gave. Raises LookupError, TypeError, ValueError, ArithmeticError, PlanError where the values are
    others."""
    evidence, kept = values["evidence"], values["kept"]
    texts: dict[str, Any] = {name: _text(values[name]) for name in _PLAIN}
    texts |= {name: tuple(map(_text, values[name])) for name in _TEXTS}
    told = Contents(
        **texts,
        backbone=Backbone.from_dict(values["backbone"]),
        plan=toml.loads(values["plan"]),
        kept=kept and toml.loads(kept),
        evidence=evidence and Evidence.from_dict(evidence),
        evaluations=tuple(map(Scored.from_dict, values["evaluations"])),
        baselines=tuple(Baseline.from_dict(*_named(one)) for one in values["baselines"]),
        arms=tuple(map(_way, values["arms"])),
        hindsight={one["name"]: Hindsight.from_dict(*_named(one)) for one in values["hindsight"]},
        history=tuple(map(Epoch.from_dict, values["history"])),
        mistakes=tuple(Judged(**one) for one in values["mistakes"]),
        hits=tuple(Judged(**one) for one in values["hits"]),
        examples=tuple(Judged(**one) for one in values["examples"]),
        class_counts=dict(values["class_counts"]),
        quarantine=tuple(BadPicture(**bad) for bad in values["quarantine"]),
    )
    parts = {name: kind_of(name).from_dict(one) for name, one in values["parts"].items()}
    return replace(told, **parts), Album.from_dict(values["thumbnails"])


def as_kept(run: Contents) -> Contents:
    """The contents with their parts as they will be read: numbers are rounded where they are kept."""
    parts = {name: one for name in PARTS if (one := getattr(run, name)) is not None}
    return replace(run, **{name: kind_of(name).from_dict(one.to_dict()) for name, one in parts.items()})


def kind_of(part: str) -> Any:
    """The type of a part. Raises LookupError where this version has none of that name."""
    place, name = KINDS[part]
    return getattr(import_module(place), name)


def _text(value: Any) -> str:
    """Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _named(values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(the name, the rest)"""
    return values["name"], {key: value for key, value in values.items() if key != "name"}


def _way(values: Mapping[str, Any]) -> Way:
    bounds = values["interval"]
    return Way(**{**values, "interval": bounds and (bounds[0], bounds[1])})

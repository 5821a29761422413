"""explain(): why pictures were named so: where the answer lies, whether that may be believed, what it is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart import extras
from headstart.backbone import Stage
from headstart.errors import BackboneError, OptionError
from headstart.explaining import cam, exam
from headstart.explaining.exam import Deletion
from headstart.explaining.grid import on_grid, side_of, squared
from headstart.explaining.methods import METHODS
from headstart.explaining.nearest import Near, nearest
from headstart.explaining.occlusion import occlusion
from headstart.explaining.subject import Subject

NEAREST = 3


@dataclass(frozen=True)
class Explained:
    """Why a picture was named so.

    name         what the picture is called
    label        the class that is explained, its probability in `confidence`, 0 to 1
    against      the likeliest of the others, or the class that it is held against, its probability in `other`
    method       one of METHODS but "auto"; stage: whose map it is, "" for all that the head reads
    map          float32 [g, g]: what each part of the picture that the network sees says for `label`, as a part of
                 `score`; with occlusion: by how much the probability drops where it is covered
    score        the logit of `label` less those of the others, each by its share of what is left of the probability:
                 the map's sum with "cam", biases in even parts. Or less that of `against` alone, where one was named
    deletion     how the map does beside the centre prior
    nearest      the training pictures that it is most like, nearest first
    out_of_place whether it is unlike all of them, and so none of the classes; None where the model cannot tell
    """

    name: str
    label: str
    confidence: float
    against: str
    other: float
    method: str
    stage: str
    map: np.ndarray
    score: float
    deletion: Deletion
    nearest: tuple[Near, ...] = ()
    out_of_place: bool | None = None

    @property
    def trusted(self) -> bool:
        """Whether taking its strongest places away changes the answer more than taking the middle away."""
        return self.deletion.trusted

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        from headstart.explaining.words import sentences

        return {
            "path": self.name,
            "label": self.label,
            "confidence": round(self.confidence, 6),
            "against": self.against,
            "against_confidence": round(self.other, 6),
            "method": self.method,
            "stage": self.stage or None,
            "score": round(self.score, 4),
            "map": [[round(float(v), 4) for v in row] for row in self.map],
            **self.deletion.to_dict(),
            "nearest": [near.to_dict() for near in self.nearest],
            "out_of_place": self.out_of_place,
            "sentences": list(sentences(self)),
        }

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Explained:
        """What to_dict() wrote."""
        return Explained(
            values["path"],
            values["label"],
            values["confidence"],
            values["against"],
            values["against_confidence"],
            values["method"],
            values["stage"] or "",
            np.array(values["map"], np.float32),
            values["score"],
            Deletion(values["deletion"], values["centre"]),
            tuple(Near.from_dict(near) for near in values["nearest"]),
            values.get("out_of_place"),
        )


@dataclass(frozen=True)
class _Maps:
    """Maps [N, g, g], and how they were got."""

    grids: np.ndarray
    method: str
    stage: str = ""


def explain(
    subject: Subject,
    frames: np.ndarray,
    names: Sequence[str],
    *,
    method: str = "auto",
    stage: str | None = None,
    classes: Sequence[int | None] = (),
    against: Sequence[int | None] = (),
    shares: Sequence[float] = exam.FEW,
    near: int = NEAREST,
) -> list[Explained]:
    """Why each of the frames, uint8 [N, S, S, 3], was named so; `names`: what the N pictures are called.

    method   "cam" adds up what places say exactly, "hirescam" to first order at `stage` (the last that has places),
             "occlusion" covers places and asks again; "auto" is the first that the network allows
    classes  of each, the class that is explained; None is the likeliest. against: what it is held against; None is all
             others, each by its probability
    shares   of the picture, that are taken away to see whether the map may be trusted; near: training pictures of each

    Raises OptionError, BackboneError, BundleError; MissingError where torch is needed and not installed.
    """
    if method not in METHODS:
        raise OptionError(f"method {method!r}: expected one of {', '.join(METHODS)}")
    if stage and method not in ("auto", "hirescam"):
        raise OptionError(f"stage {stage!r}: only hirescam looks at one stage; leave method or stage out")
    maps = subject.maps(frames)
    features = subject.pooled(maps)
    logits, answers = subject.model.head.logits(features), subject.model.answers_to(features)
    found = answers.probabilities
    wanted, other = _chosen(found, classes, against)
    direction = contrast(found, wanted, against)
    seen = _seen(subject, frames, maps, direction, wanted, method, stage)
    scored = _scored(subject, frames, seen.grids, wanted, found, shares)
    alike, strange = nearest(subject.model, features, near), subject.out_of_place(answers)
    label = subject.model.classes
    return [
        Explained(
            names[i],
            label[wanted[i]],
            float(found[i, wanted[i]]),
            label[other[i]],
            float(found[i, other[i]]),
            seen.method,
            seen.stage,
            seen.grids[i],
            float((logits[i] * direction[i]).sum()),
            scored[i],
            alike[i],
            strange[i],
        )
        for i in range(len(frames))
    ]


def _chosen(
    found: np.ndarray, classes: Sequence[int | None], against: Sequence[int | None]
) -> tuple[np.ndarray, np.ndarray]:
    """(the class that is explained, the one that it is held against), int64 [N] each."""
    left = found.copy()
    wanted = [
        row.argmax() if c is None else c for row, c in zip(left, classes or [None] * len(left), strict=True)
    ]
    left[np.arange(len(left)), wanted] = -1
    other = [
        row.argmax() if c is None else c for row, c in zip(left, against or [None] * len(left), strict=True)
    ]
    return np.array(wanted, np.int64), np.array(other, np.int64)


def contrast(found: np.ndarray, wanted: np.ndarray, against: Sequence[int | None] = ()) -> np.ndarray:
    """float32 [N, C]: what logits are weighed by; 1 at the wanted class, int64 [N], and -1 in all at others: at the one
    in `against`, or each by its probability, found float32 [N, C].

    The latter is what the logarithm of p / (1 - p) rises by. Of three directions that were tried it gave the truest
    maps (benchmarks/exam).
    """
    rows = np.arange(len(found))
    weighed = found.astype(np.float64) + 1e-12
    weighed[rows, wanted] = 0
    direction = -weighed / weighed.sum(1, keepdims=True)
    for row, other in enumerate(against):
        if other is not None:
            direction[row] = 0
            direction[row, other] = -1
    direction[rows, wanted] = 1
    return direction.astype(np.float32)


def _seen(
    subject: Subject,
    frames: np.ndarray,
    maps: Sequence[np.ndarray],
    direction: np.ndarray,
    wanted: np.ndarray,
    method: str,
    stage: str | None,
) -> _Maps:
    side = side_of(frames.shape[1])
    if method == "auto":
        method = "cam" if subject.traced and not stage else "hirescam"
    if method == "occlusion":
        grids = occlusion(subject.probabilities, frames, wanted, side, grey=subject.grey)
        return _Maps(grids, method)
    if method == "hirescam":
        return _hirescam(subject, frames, direction, stage)
    if not subject.traced:
        raise BackboneError(
            f"{subject.model.backbone.name}: what lies between its maps and the head is more than sums over places; "
            "choose --method hirescam or occlusion"
        )
    return _Maps(cam.exact(subject, maps, direction).whole(side), method)


def _hirescam(subject: Subject, frames: np.ndarray, direction: np.ndarray, name: str | None) -> _Maps:
    stage = _stage(subject, name)
    extras.need(f"HiResCAM at {stage.name}")
    from headstart.explaining.hirescam import hirescam

    said, _ = squared(hirescam(subject.model, stage, frames, direction, network=subject.network))
    return _Maps(on_grid(said, side_of(frames.shape[1])), "hirescam", stage.name)


def _stage(subject: Subject, name: str | None) -> Stage:
    """The stage of that name, or the last that has places, up to the head's last cut. Raises BackboneError."""
    network, last = subject.model.backbone, subject.cuts[-1].name
    below = network.stages[: network.stage_names.index(last) + 1]
    spatial = [stage for stage in below if stage.spatial]
    if name is None:
        return spatial[-1]
    found = network.stage(name)
    if found not in spatial:
        what = "has no places" if found in below else f"lies above {last}, where the head reads"
        raise BackboneError(f"stage {name!r}: {what}; choose one of {', '.join(s.name for s in spatial)}")
    return found


def _scored(
    subject: Subject,
    frames: np.ndarray,
    grids: np.ndarray,
    wanted: np.ndarray,
    found: np.ndarray,
    shares: Sequence[float],
) -> list[Deletion]:
    n, side = grids.shape[:2]
    middle = np.broadcast_to(exam.centre(side), grids.shape)
    both = exam.deletion(
        subject.probabilities,
        np.concatenate([frames, frames]),
        np.concatenate([grids, middle]),
        np.concatenate([wanted, wanted]),
        grey=subject.grey,
        shares=shares,
        whole=np.concatenate([found, found]),
    )
    return [Deletion(float(own), float(prior)) for own, prior in zip(both[:n], both[n:], strict=True)]

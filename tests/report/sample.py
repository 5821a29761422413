"""Runs to report on, made up: any number of classes, any case, hostile names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from headstart.assess.baseline import Baseline
from headstart.assess.evaluation import Evaluation
from headstart.backbone.backbone import Backbone, Source, Stage
from headstart.data.dataset import BadPicture
from headstart.data.preprocess import Preprocess
from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import CurvePoint, CutScore
from headstart.intervals import wilson
from headstart.planning import cases
from headstart.planning.plan import Plan
from headstart.report.contents import Contents, Judged, Way
from headstart.training.arms import Arm, Lead
from headstart.training.epoch import Epoch
from tests.evidence.made import made

HOSTILE = "<script>alert('x')</script>"


def backbone() -> Backbone:
    """The demonstration network as data: three convolutions, three fully connected layers."""
    stages = (
        Stage("conv1", "conv1", 48, "NCHW", 4, 7_152),
        Stage("conv2", "conv2", 128, "NCHW", 8, 55_552),
        Stage("conv3", "conv3", 256, "NCHW", 16, 295_424),
        Stage("fc1", "fc1", 448, "NC", 0, 1_836_352),
        Stage("pre_logits", "fc3", 256, "NC", 0, 115_200),
    )
    preprocess = Preprocess(64, 64, "bilinear", (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    return Backbone("demo-cnn", stages, preprocess, "ab" * 32, Source("tiny-imagenet", 200), "fc3", {})


def plan(case: int, network: Backbone, **more: Any) -> Plan:
    reasons = ("1,437 training pictures in 1,437 groups: small.", "The top cut lies 2.1 points behind conv3.")
    found = cases.make(case, network, cut="conv3" if case == 2 else None, **more)
    return replace(found, reasons=reasons)


def evaluation(
    n_classes: int, *, n: int = 360, rate: float = 0.93, names: tuple[str, ...] = ()
) -> Evaluation:
    """Probabilities that are right at about `rate`, with mistakes near the diagonal."""
    draw = np.random.default_rng(0)
    labels = np.arange(n) % n_classes
    near = (labels + draw.integers(1, 3, n)) % n_classes
    guess = np.where(draw.random(n) < rate, labels, near)
    probabilities = np.full((n, n_classes), 0.1 / n_classes, np.float32)
    probabilities[np.arange(n), guess] += 0.9
    classes = names or tuple(f"class {index}" for index in range(n_classes))
    return Evaluation("held-out", classes, labels.astype(np.int64), probabilities)


def evidence(classes: tuple[str, ...], size: str = "small", similarity: str = "different") -> Evidence:
    profile = (
        CutScore("conv1", 0.871, 0.009, 0.104, 0.008),
        CutScore("conv2", 0.948, 0.006, 0.027, 0.005),
        CutScore("conv3", 0.975, 0.004, 0.0, 0.0),
        CutScore("fc1", 0.961, 0.005, 0.014, 0.004),
        CutScore("pre_logits", 0.936, 0.006, 0.039, 0.006),
    )
    points = (
        (90, 0.81, 0.013),
        (180, 0.889, 0.01),
        (360, 0.932, 0.008),
        (719, 0.958, 0.006),
        (1437, 0.975, 0.004),
    )
    return made(
        n=1437,
        groups=1437,
        class_counts=dict.fromkeys(classes, 1437 // len(classes)),
        sampled=1437,
        size=size,
        similarity=similarity,
        profile=profile,
        best_cut="conv3",
        concatenated=CutScore("conv1+conv2+conv3+fc1+pre_logits", 0.981, 0.0036, 0.0, 0.0),
        control=0.947,
        control_error=0.007,
        curve=tuple(CurvePoint(*point) for point in points),
        majority=0.102,
        entropy=0.72,
        source_entropy=0.41,
        distance=None,
        folds=5,
        how={"size": "fewer than 2,000 groups, and the curve still rises", "control": "2 draws, best cut"},
    )


def history(epochs: int = 12) -> tuple[Epoch, ...]:
    def one(epoch: int) -> Epoch:
        shrunk = 0.72**epoch
        return Epoch(
            epoch=epoch,
            train_loss=0.08 + 1.9 * shrunk,
            lr=1e-3,
            size=64,
            precision="fp32",
            threads=1,
            steps=45,
            selection_accuracy=0.965 - 0.3 * shrunk,
            seconds=4.0,
        )

    return tuple(one(epoch) for epoch in range(1, epochs + 1))


def run(
    folder: Path,
    *,
    case: int = 2,
    classes: int = 10,
    hostile: bool = False,
    measured: bool = True,
    pictures: int = 3,
    **more: Any,
) -> Contents:
    """A run with everything in it; `pictures` mistakes are written below `folder`, one more is missing."""
    network = backbone()
    names = tuple(f"{HOSTILE}{index}" if hostile else f"class {index}" for index in range(classes))
    result = evaluation(classes, names=names)
    baselines = (
        Baseline("majority class", 0.1, 360, 360, wilson(36, 360), 0.8, 0.02),
        Baseline("random weights", 0.894, 360, 360, wilson(322, 360), 0.006, 0.01),
    )
    arms = (
        Arm("probe at conv3", 0.936, wilson(337, 360), 360, 360, chosen=True),
        Arm(
            "fine-tuned",
            0.925,
            wilson(333, 360),
            360,
            360,
            chosen=False,
            lead=Lead(-0.01, 0.02, 0.0, None, 360),
        ),
    )
    facts: dict[str, Any] = {
        "title": HOSTILE if hostile else "digits",
        "created": "2025-11-24T09:30:00+00:00",
        "backbone": network,
        "plan": plan(case, network),
        "evidence": evidence(
            names, "large" if case > 2 else "small", "different" if case in (2, 4) else "similar"
        )
        if measured
        else None,
        "evaluations": (result.scored,),
        "baselines": baselines,
        "arms": tuple(map(Way.of, arms)),
        "history": history() if case > 2 else (),
        "mistakes": mistakes(folder, names, pictures, hostile=hostile) if pictures else (),
        "class_counts": dict.fromkeys(names, 144),
        "quarantine": (
            BadPicture(f"data/{names[0]}/broken.jpg", "truncated"),
            BadPicture("data/notes.bin", "not a picture"),
        ),
        "notes": ("3 duplicates stood in both splits; they were left out of training.",),
        "command": "headstart train data -o runs/digits",
    }
    return Contents(**(facts | more))


def mistakes(folder: Path, names: tuple[str, ...], number: int, *, hostile: bool) -> tuple[Judged, ...]:
    draw, found = np.random.default_rng(1), []
    for index in range(number):
        path = folder / (f"<b onmouseover=x>{index}&.png" if hostile else f"{index:04d}.png")
        shape = (40 + 200 * (index % 3), 300, 3)
        Image.fromarray(draw.integers(0, 255, shape, np.uint8)).save(path)
        found.append(Judged(str(path), names[0], names[1], 0.97 - index / 20))
    return (*found, Judged(str(folder / "gone.png"), names[1], names[0], 0.51))

"""review(): everything that a person should look at, of all pictures or of those that heads have judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from headstart.backbone import Backbone
from headstart.data.corrections import written
from headstart.data.dataset import Dataset, Intake
from headstart.data.given import Given
from headstart.extraction import extract
from headstart.heads import head as heads
from headstart.heads.held_out import HeldOut
from headstart.heads.out_of_fold import out_of_fold
from headstart.runtime import Execution
from headstart.screening import alike, labels, looks, odd
from headstart.screening.finding import KINDS, ODD, WRONG, Finding, Reviewed
from headstart.screening.labels import Judgement

_POOL = "avgstd"
_LINE = (
    "confident learning (Northcutt et al. 2021) takes these labels for wrong, and by what classifiers say that have "
    "not learnt from them it is likelier that they are wrong than that they are right"
)


def review(
    intake: Intake,
    backbone: Backbone,
    *,
    seed: int = 0,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Reviewed:
    """Looks at all pictures of `intake`, splits or not: what comes of it teaches no classifier.

    Labels are judged by heads on all cuts of the frozen network side by side, each on pictures of which its head has
    learnt no group. Pictures whose label the intake's corrections settle are not found again.
    Raises DataError, BackboneError, PictureError.
    """
    dataset = intake.dataset
    everything = np.arange(len(dataset))
    backbone = backbone.with_levels_of(dataset, everything)
    seen = looks.measure(dataset, backbone.preprocess, workers=execution.workers)
    x = _features(dataset, backbone, execution)
    widths = [stage.width(_POOL) for stage in backbone.stages]
    held = _held_out(dataset, x, widths, seed)
    findings, limits = looks.found(dataset, seen)
    far, k = odd.distances(x, dataset.labels, dataset.groups, widths, seed)
    odd_ones, limits[ODD] = odd.odd_ones(dataset, far, k)
    findings += [*alike.in_two(dataset, intake.alike, held), *odd_ones]
    if held is None:
        notes = ("labels could not be judged: nothing can be held out, since all pictures are one group",)
        found = Reviewed(len(dataset), 0, None, tuple(findings), limits, notes, held=_held(dataset, findings))
        return _sorted(found, intake)
    return _sorted(_with_labels(dataset, labels.judge(dataset, held, everything), findings, limits), intake)


def of_held_out(intake: Intake, held: HeldOut, learnt: np.ndarray) -> Reviewed:
    """The labels alone, by what a training has held out anyway; learnt int64 [L]: its training pictures.

    Raises nothing of its own: what cannot be judged stands in `notes`.
    """
    return _sorted(_with_labels(intake.dataset, labels.judge(intake.dataset, held, learnt), [], {}), intake)


def _with_labels(
    dataset: Dataset, judged: Judgement, findings: list[Finding], limits: dict[str, str]
) -> Reviewed:
    wrong = labels.suspects(dataset, judged)
    return Reviewed(
        len(dataset),
        len(judged.places),
        float(judged.right.mean()) if len(judged.places) else None,
        (*wrong, *findings),
        {WRONG: _LINE, **limits} if judged.noise else limits,
        tuple(labels.unjudged(judged)),
        judged.noise and judged.noise.rate,
        _held(dataset, (*wrong, *findings)),
    )


def _held(dataset: Dataset, findings: Sequence[Finding]) -> dict[str, Given]:
    """The pictures of the findings that are in memory, by what they are called."""
    shown = {path for one in findings for path in (one.path, one.other)}
    return {
        picture.name: picture
        for picture in dataset.pictures
        if isinstance(picture, Given) and picture.name in shown
    }


def _features(dataset: Dataset, backbone: Backbone, execution: Execution) -> np.ndarray:
    """float32 [N, D]: all cuts side by side."""
    found = extract(dataset, np.arange(len(dataset)), backbone, execution=execution)
    return found.at(backbone.stage_names, _POOL, {stage.name: stage.channels for stage in backbone.stages})


def _held_out(dataset: Dataset, x: np.ndarray, widths: Sequence[int], seed: int) -> HeldOut | None:
    asked = {"widths": widths, "groups": dataset.groups, "seed": seed}
    solved = heads.solve(x, dataset.labels, len(dataset.classes), **asked)
    return out_of_fold(x, dataset.labels, len(dataset.classes), solved, **asked)


def _sorted(found: Reviewed, intake: Intake) -> Reviewed:
    """In the order of KINDS; without the pictures that are decided."""
    decided = set() if intake.corrected is None else {(r.digest, r.wanted) for r in intake.corrected.rows}
    new = [one for one in found.findings if (one.digest, written(one.label)) not in decided]
    notes = found.notes
    if len(new) < len(found.findings):
        notes += (f"not shown again, since they are decided: {len(found.findings) - len(new):,}",)
    ordered = tuple(sorted(new, key=lambda one: KINDS.index(one.kind)))
    return replace(found, findings=ordered, notes=notes)

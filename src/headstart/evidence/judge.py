"""From features to Evidence: the depth profile, the random control, the verdicts on size and similarity.

Pure numpy: the same features give the same evidence. All probes see the same folds, so every comparison
between two cuts, or with the control, is paired picture by picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart.backbone.backbone import Source, Stage
from headstart.data.split import folds
from headstart.errors import DataError
from headstart.evidence import nearness
from headstart.evidence.curve import reach
from headstart.evidence.evidence import CutScore, Evidence
from headstart.evidence.logme import logme
from headstart.evidence.profile import ProbeTable
from headstart.evidence.size import Totals, verdict
from headstart.features.features import Features
from headstart.intervals import paired

FOLDS = 5
WITHIN = 1.0  # similar: the top cut lies within this many paired standard errors of the best
BEATS = 2.0  # and beats the random control by this many
SHALLOWER = 0.003  # case 2 takes a shallower cut where the paired loss is at most this


def judge(
    features: Features,
    controls: Sequence[Features],
    *,
    labels: np.ndarray,
    groups: np.ndarray,
    classes: Sequence[str],
    stages: Sequence[Stage],
    totals: Totals,
    source: Source,
    seed: int,
    size: str | None = None,
    similarity: str | None = None,
) -> Evidence:
    """Weighs M pictures' features at K cuts against those of `controls`: the same network, random weights.

    labels, groups int64 [M]. `size` ("small", "large") and `similarity` ("similar", "different") overrule
    what is measured. Raises DataError where all pictures are in one group; ValueError without a control.
    """
    if not controls:
        raise ValueError("judge needs features of at least one network with random weights as control")
    names = [stage.name for stage in stages]
    table = ProbeTable(labels, groups, len(classes), _folds(labels, groups, seed))
    probes, top = table.probes(features, names)
    profile = table.profile(probes)
    best = next(row for row in profile if row.behind <= SHALLOWER)
    control = table.best(controls, names)
    lead, lead_error = paired(probes[names[-1]].correct, control.correct, groups)
    curve, gain = table.curve(features.x[best.cut], probes[best.cut], seed)
    sizes = verdict(totals, curve, *gain, sampled=len(labels))
    similar = _similarity(profile, control.accuracy, lead, lead_error)
    distance, distance_how = nearness.distance(features, stages, source)
    return Evidence(
        n=totals.n,
        groups=totals.groups,
        class_counts=dict(totals.class_counts),
        sampled=len(labels),
        size=size or sizes[0],
        similarity=similarity or similar[0],
        profile=profile,
        best_cut=best.cut,
        concatenated=table.concatenated(features, names, probes) if len(names) > 1 else None,
        control=control.accuracy,
        control_error=lead_error,
        curve=curve,
        majority=max(totals.class_counts.values()) / totals.n,
        entropy=nearness.entropy(features.logits),
        source_entropy=source.entropy,
        distance=distance,
        folds=len(np.unique(table.fold)),
        reach=reach(curve, totals.n if len(labels) < totals.n else 2 * totals.n),
        logme=logme(top, table.targets),
        how={
            "size": _overruled(size, *sizes),
            "similarity": _overruled(similarity, *similar),
            "profile": table.describe(probes),
            "control": f"best of {len(names)} cuts of {_copies(len(controls))} with random weights",
            **_how_of(best, distance_how),
        },
    )


def _how_of(best: CutScore, distance: str) -> dict[str, str]:
    return {
        "distance": distance,
        "best_cut": f"the shallowest cut within {100 * SHALLOWER:.1f} points of the best: {best.cut}, "
        f"{_percent(best.accuracy)}, {100 * best.behind:.1f} points behind",
        "curve": f"the probe at {best.cut} trained on 25, 50 and 100 % of each fold's training pictures",
        "reach": "the curve continued as a power law, with its 95 % interval: fitted, not measured",
        "logme": "LogME of the top cut (You et al. 2021), per picture; higher is better, on the same pictures",
        "entropy": "mean entropy of the source's own head here, divided by log of its outputs",
    }


def _folds(labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    distinct = len(np.unique(groups))
    if distinct < 2:
        raise DataError(
            f"all {len(labels)} pictures are one group: nothing can be held out; give more groups"
        )
    return folds(labels, groups, min(FOLDS, distinct), seed)


def _similarity(
    profile: Sequence[CutScore], control: float, lead: float, lead_error: float
) -> tuple[str, str]:
    """("similar" or "different", the sentence that says why)."""
    top = profile[-1]
    best = min(profile, key=lambda row: row.behind)
    near = top.behind <= WITHIN * top.behind_error
    beats = lead > 0 and lead >= BEATS * lead_error
    place = (
        "the best cut"
        if top.behind == 0
        else f"{100 * top.behind:.1f} ± {100 * top.behind_error:.1f} points behind {best.cut}"
    )
    against = (
        f"{100 * lead:+.1f} ± {100 * lead_error:.1f} points against random weights ({_percent(control)}), "
        f"{'enough' if beats else 'not enough'}"
    )
    return (
        "similar" if near and beats else "different",
        f"the top cut {top.cut} reaches {_percent(top.accuracy)}, {place}; {against}",
    )


def _overruled(asked: str | None, measured: str, why: str) -> str:
    return f"{measured}: {why}" if asked is None else f"{asked}, as asked for; measured {measured}: {why}"


def _copies(count: int) -> str:
    return f"{count} copies" if count > 1 else "one copy"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

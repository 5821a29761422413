"""From features to facts: the depth profile, the random control, the learning curve.

Pure numpy: the same features give the same facts. All probes see the same folds, so that any two of them, cuts or
control, are compared picture by picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart import progress
from headstart.backbone.backbone import Source, Stage
from headstart.data.split import folds
from headstart.errors import DataError
from headstart.evidence import nearness, words
from headstart.evidence.conclude import shallowest
from headstart.evidence.control import FOLDS
from headstart.evidence.curve import reach
from headstart.evidence.facts import Ahead, CurvePoint, Facts, Reach
from headstart.evidence.logme import logme
from headstart.evidence.profile import SHARES, ProbeTable
from headstart.evidence.totals import Totals
from headstart.extraction.features import Features
from headstart.heads.probe import FEW_PER_CLASS, Probe
from headstart.intervals import paired

# Few pictures are divided into folds this often at most, and so often that STEADY are held out in all: of 430 pictures
# of signs one division said that the best lower cut takes away between 0 and 9 % of the top cut's errors.
MOST_FOLDINGS, STEADY = 10, 4_000
APART = 1_009  # between the seeds of divisions


def gather(
    features: Features,
    controls: Sequence[Features] | Ahead,
    *,
    labels: np.ndarray,
    groups: np.ndarray,
    classes: Sequence[str],
    stages: Sequence[Stage],
    totals: Totals,
    source: Source,
    seed: int,
) -> Facts:
    """What M pictures' features at K cuts come to; conclude() says what follows.

    controls         features of the same pictures through copies of the network with random weights, one at least;
                     or what one came to on a part of them: it then stands as far below the top cut as there
    labels, groups   int64 [M]
    stages           the K cuts, from input to output; source: what the network was trained on
    Raises DataError where all pictures are in one group, ValueError without a control.
    """
    if not controls:
        raise ValueError("gather needs features of at least one network with random weights as control")
    names = [stage.name for stage in stages]
    with progress.bar("probing", _steps(len(names), controls)) as bar:
        table = _table(labels, groups, len(classes), seed, bar)
        probes, top = table.probes(features, names)
        profile = table.profile(probes)
        best = shallowest(profile)
        control, lead_error = _control(table, controls, names, probes[names[-1]])
        joint = table.joint(features, names) if len(names) > 1 else None
        curve = table.curve(features.x[best.cut], probes[best.cut], seed)
        bar.advance()
    distance = nearness.distance(features, groups, stages, source)
    return Facts(
        n=totals.n,
        groups=totals.groups,
        class_counts=dict(totals.class_counts),
        sampled=len(labels),
        profile=profile,
        concatenated=joint and table.score("+".join(names), joint, table.most(probes)),
        optimism=table.optimism(probes),
        control=control,
        control_error=lead_error,
        curve=curve,
        majority=max(totals.class_counts.values()) / totals.n,
        source_entropy=source.entropy,
        **nearness.as_facts(features.logits, distance),
        folds=len(np.unique(table.fold)),
        reach=_reach(curve, totals, len(labels)),
        logme=logme(top, table.targets),
        typical_class=totals.typical_class,
        effective=totals.worth(table.first(probes[best.cut]), groups),
        curve_cut=best.cut,
        how=words.facts(
            profile=table.describe(probes),
            control=_control_told(controls, len(names), len(labels)),
            distance=words.distance(distance, source.dataset),
            curve=words.curve(best.cut, SHARES),
        ),
    )


def _control(
    table: ProbeTable,
    controls: Sequence[Features] | Ahead,
    names: Sequence[str],
    top: Probe,
) -> tuple[float, float]:
    """(accuracy of random weights, standard error of the top probe's lead over it)"""
    if isinstance(controls, Ahead):
        return max(0.0, top.accuracy - controls.lead), controls.error
    best = table.best(controls, names)
    return best.accuracy, paired(top.correct, best.correct, table.groups)[1]


def _control_told(controls: Sequence[Features] | Ahead, cuts: int, pictures: int) -> str:
    if isinstance(controls, Ahead):
        return words.control_of_part(cuts, pictures, controls)
    return words.control(cuts, len(controls))


def _steps(cuts: int, controls: Sequence[Features] | Ahead) -> int:
    """A probe for each cut of each network, one at all cuts side by side, and the curve."""
    networks = 1 if isinstance(controls, Ahead) else 1 + len(controls)
    return cuts * networks + (cuts > 1) + 1


def _reach(curve: Sequence[CurvePoint], totals: Totals, sampled: int) -> Reach | None:
    """What all pictures come to, or twice as many where all were measured; None where a class has too few to tell."""
    if totals.typical_class < FEW_PER_CLASS:
        return None
    return reach(curve, totals.n if sampled < totals.n else 2 * totals.n)


def _table(
    labels: np.ndarray, groups: np.ndarray, n_classes: int, seed: int, bar: progress.Bar
) -> ProbeTable:
    first, *others = _foldings(labels, groups, seed)
    return ProbeTable(labels, groups, n_classes, first, bar, others)


def _foldings(labels: np.ndarray, groups: np.ndarray, seed: int) -> list[np.ndarray]:
    """Folds, int64 [M], as often as so few pictures need; of many one division is steady enough."""
    times = min(MOST_FOLDINGS, max(1, STEADY // len(labels)))
    return [_folds(labels, groups, seed + APART * turn) for turn in range(times)]


def _folds(labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    distinct = len(np.unique(groups))
    if distinct < 2:
        raise DataError(
            f"all {len(labels)} pictures are one group: nothing can be held out; give more groups"
        )
    return folds(labels, groups, min(FOLDS, distinct), seed)

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
from headstart.evidence.evidence import CurvePoint, CutScore, Evidence
from headstart.evidence.probe import Probe, cross_validate, fit, penalties
from headstart.evidence.size import Totals, verdict
from headstart.evidence.spectrum import Scaling
from headstart.features.features import Features
from headstart.intervals import paired

FOLDS = 5
WITHIN = 1.0  # similar: the top cut lies within this many paired standard errors of the best
BEATS = 2.0  # and beats the random control by this many
SHALLOWER = 0.003  # case 2 takes a shallower cut where the paired loss is at most this
SHARES = (0.25, 0.5, 1.0)  # of the pictures, for the learning curve


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
    fold = _folds(labels, groups, seed)
    table = _Table(labels, groups, len(classes), fold)
    probes = {name: table.probe(features.x[name]) for name in names}
    profile = table.profile(probes)
    best_cut = next(row.cut for row in profile if row.behind <= SHALLOWER)
    control = table.best(controls, names)
    lead, lead_error = paired(probes[names[-1]].correct, control.correct, groups)
    curve, gain = table.curve(features.x[best_cut], probes[best_cut], seed)
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
        best_cut=best_cut,
        concatenated=table.concatenated(features, names, probes) if len(names) > 1 else None,
        control=control.accuracy,
        control_error=lead_error,
        curve=curve,
        majority=max(totals.class_counts.values()) / totals.n,
        entropy=nearness.entropy(features.logits),
        source_entropy=source.entropy,
        distance=distance,
        folds=len(np.unique(fold)),
        how={
            "size": _overruled(size, *sizes),
            "similarity": _overruled(similarity, *similar),
            "profile": table.describe(probes),
            "control": f"best of {len(names)} cuts of {_copies(len(controls))} with random weights",
            "distance": distance_how,
            **_how_of(next(row for row in profile if row.cut == best_cut)),
        },
    )


def _how_of(best: CutScore) -> dict[str, str]:
    return {
        "best_cut": f"the shallowest cut within {100 * SHALLOWER:.1f} points of the best: {best.cut}, "
        f"{_percent(best.accuracy)}, {100 * best.behind:.1f} points behind",
        "curve": f"the probe at {best.cut} trained on 25, 50 and 100 % of each fold's training pictures",
        "entropy": "mean entropy of the source's own head here, divided by log of its outputs",
    }


class _Table:
    """The pictures that all probes share: labels, groups, folds."""

    def __init__(self, labels: np.ndarray, groups: np.ndarray, n_classes: int, fold: np.ndarray) -> None:
        self.labels, self.groups, self.n_classes, self.fold = labels, groups, n_classes, fold
        self.penalties = penalties(labels, groups)

    def probe(self, x: np.ndarray) -> Probe:
        return cross_validate(x, self.labels, self.n_classes, self.fold, self.penalties)

    def best(self, controls: Sequence[Features], names: Sequence[str]) -> Probe:
        """The most accurate probe over all controls and cuts."""
        tried = [self.probe(control.x[name]) for control in controls for name in names]
        return max(tried, key=lambda probe: probe.accuracy)

    def score(self, cut: str, probe: Probe, best: Probe) -> CutScore:
        accuracy, error = paired(probe.correct, np.zeros_like(probe.correct), self.groups)
        behind, behind_error = paired(best.correct, probe.correct, self.groups)
        return CutScore(cut, accuracy, error, behind, behind_error)

    def profile(self, probes: dict[str, Probe]) -> tuple[CutScore, ...]:
        best = max(reversed(probes.values()), key=lambda probe: probe.accuracy)
        return tuple(self.score(cut, probe, best) for cut, probe in probes.items())

    def concatenated(self, features: Features, names: list[str], probes: dict[str, Probe]) -> CutScore:
        best = max(probes.values(), key=lambda probe: probe.accuracy)
        joint = self.probe(np.concatenate([features.x[name] for name in names], axis=1))
        return self.score("+".join(names), joint, best)

    def curve(
        self, x: np.ndarray, probe: Probe, seed: int
    ) -> tuple[tuple[CurvePoint, ...], tuple[float, float]]:
        """The learning curve, and (gain, paired error) of its last doubling.

        The same folds, penalty and standardisation throughout, so the last point is the cross-validated
        accuracy itself. Parts are cut by groups and classes like folds.
        """
        if len(np.unique(self.groups)) < 4:
            return (), (0.0, float("inf"))
        part = folds(self.labels, self.groups, 4, seed + 1)
        scaling = Scaling.of(x)
        points, right = [], []
        for share in SHARES:
            chosen = part < round(4 * share)
            correct = probe.correct if share == 1 else self._correct(x, chosen, probe.l2, scaling)
            if correct is None:
                continue
            accuracy, error = paired(correct, np.zeros_like(correct), self.groups)
            count = np.mean([(chosen & (self.fold != number)).sum() for number in np.unique(self.fold)])
            points.append(CurvePoint(round(float(count)), accuracy, error))
            right.append(correct)
        gain = paired(right[-1], right[-2], self.groups) if len(right) > 1 else (0.0, float("inf"))
        return tuple(points), gain

    def _correct(self, x: np.ndarray, chosen: np.ndarray, l2: float, scaling: Scaling) -> np.ndarray | None:
        """bool [M] held out, trained on the `chosen` of the other folds; None where there are none."""
        correct = np.zeros(len(x), dtype=bool)
        for number in np.unique(self.fold):
            train, held = chosen & (self.fold != number), self.fold == number
            if not train.any():
                return None
            ridge = fit(x[train], self.labels[train], self.n_classes, l2, scaling=scaling)
            correct[held] = ridge.predict(x[held]) == self.labels[held]
        return correct

    def describe(self, probes: dict[str, Probe]) -> str:
        chosen = "chosen by held-out error" if len(self.penalties) > 1 else "fixed (few pictures)"
        return (
            f"ridge probe on one-hot targets, {len(np.unique(self.fold))}-fold cross-validation by groups, "
            f"{len(self.labels):,} pictures, penalty {chosen}: "
            + ", ".join(f"{cut} {probe.l2:g}" for cut, probe in probes.items())
        )


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

"""Cross-validated probes at every cut. All see the same folds, so that any two are compared picture by picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from headstart import progress
from headstart.data.split import folds
from headstart.evidence import words
from headstart.evidence.facts import CurvePoint, CutScore
from headstart.extraction.features import Features
from headstart.heads.probe import Probe, cross_validate, fit, one_hot, penalties
from headstart.heads.spectrum import Scaling, Spectrum
from headstart.intervals import optimism, paired

SHARES = (0.25, 0.5, 1.0)  # of the pictures, for the learning curve
PARTS = 4  # that shares are made of


class ProbeTable:
    """What all probes share: labels, groups and folds (int64 [M]), n_classes. bar: goes on by one with each probe.

    others: further foldings, int64 [M] each. A probe is then as good as the mean over all of them, picture by picture:
    what one folding says of few pictures hangs on how they fell.
    """

    def __init__(
        self,
        labels: np.ndarray,
        groups: np.ndarray,
        n_classes: int,
        fold: np.ndarray,
        bar: progress.Bar,
        others: Sequence[np.ndarray] = (),
    ) -> None:
        self.labels, self.groups, self.n_classes, self.fold = labels, groups, n_classes, fold
        self.others = others
        self.bar = bar
        self.penalties = penalties(labels, groups)

    @property
    def targets(self) -> np.ndarray:
        """float64 [M, C], one-hot."""
        return one_hot(self.labels, self.n_classes)

    def probes(self, features: Features, names: Sequence[str]) -> tuple[dict[str, Probe], Spectrum]:
        """(cut → its probe, the spectrum of the top cut: it is decomposed once, and LogME needs it too)"""
        top = Spectrum.standardised(features.x[names[-1]])
        below = {name: self.probe(features.x[name]) for name in names[:-1]}
        return {**below, names[-1]: self.probe(top)}, top

    def probe(self, x: np.ndarray | Spectrum) -> Probe:
        """The penalty is chosen by the first folding."""
        spectrum = x if isinstance(x, Spectrum) else Spectrum.standardised(x)
        found = cross_validate(spectrum, self.labels, self.n_classes, self.fold, self.penalties)
        again = [
            cross_validate(spectrum, self.labels, self.n_classes, fold, (found.l2,)).correct
            for fold in self.others
        ]
        self.bar.advance()
        return replace(found, correct=np.mean([found.correct, *again], axis=0)) if again else found

    def best(self, controls: Sequence[Features], names: Sequence[str]) -> Probe:
        """The most accurate probe over all controls and cuts."""
        tried = [self.probe(control.x[name]) for control in controls for name in names]
        return max(tried, key=lambda probe: probe.accuracy)

    def score(self, cut: str, probe: Probe, best: Probe) -> CutScore:
        accuracy, error = paired(probe.correct, np.zeros_like(probe.correct), self.groups)
        behind, behind_error = paired(best.correct, probe.correct, self.groups)
        return CutScore(cut, accuracy, error, behind, behind_error)

    def profile(self, probes: dict[str, Probe]) -> tuple[CutScore, ...]:
        best = self.most(probes)
        return tuple(self.score(cut, probe, best) for cut, probe in probes.items())

    @staticmethod
    def most(probes: dict[str, Probe]) -> Probe:
        """The most accurate; of equals the deepest."""
        return max(reversed(probes.values()), key=lambda probe: probe.accuracy)

    def optimism(self, probes: dict[str, Probe]) -> float:
        """What the best one's accuracy owes to its having been picked; of equals the deepest counts as the best."""
        return optimism(np.stack([probe.correct for probe in reversed(probes.values())], axis=1), self.groups)

    def joint(self, features: Features, names: Sequence[str]) -> Probe:
        """The probe at all cuts side by side."""
        columns = [features.x[name] for name in names]
        widths = [column.shape[1] for column in columns]
        return self.probe(Spectrum.standardised(np.concatenate(columns, axis=1), widths))

    def first(self, probe: Probe) -> np.ndarray:
        """bool [M]: right or wrong by the first folding alone."""
        return probe.scores.argmax(axis=1) == self.labels

    def curve(self, x: np.ndarray, probe: Probe, seed: int) -> tuple[CurvePoint, ...]:
        """The learning curve: the probe trained on SHARES of the training pictures of every fold.

        A share is tried with every part of the pictures, so that a point is the mean of 4, 2 and 1 trainings. Folds,
        penalty and standardisation are those of `probe`, so that the last point is its cross-validated
        accuracy. Shares keep groups together and classes in proportion, as folds do. () for fewer than four
        groups.
        """
        if len(np.unique(self.groups)) < PARTS:
            return ()
        part, scaling, points = folds(self.labels, self.groups, PARTS, seed + 1), Scaling.of(x), []
        for share in SHARES:
            width = round(PARTS * share)
            chosen = [part // width == number for number in range(PARTS // width)]
            tried = (
                [self._correct(x, one, probe.l2, scaling) for one in chosen]
                if share < 1
                else [self.first(probe)]
            )
            right = [one for one in tried if one is not None]
            if len(right) < len(tried):
                continue
            accuracy, error = paired(np.mean(right, axis=0), np.zeros(len(x)), self.groups)
            points.append(CurvePoint(round(self._trained(chosen)), accuracy, error))
        return tuple(points)

    def _trained(self, chosen: Sequence[np.ndarray]) -> float:
        """Mean number of training pictures, over folds and those `chosen` (bool [M] each)."""
        counts = [(one & (self.fold != number)).sum() for one in chosen for number in np.unique(self.fold)]
        return float(np.mean(counts))

    def _correct(self, x: np.ndarray, chosen: np.ndarray, l2: float, scaling: Scaling) -> np.ndarray | None:
        """bool [M]: right or wrong when held out, trained on those `chosen` (bool [M]) of the other folds.

        None where a fold would have nothing to train on.
        """
        correct = np.zeros(len(x), dtype=bool)
        for number in np.unique(self.fold):
            train, held = chosen & (self.fold != number), self.fold == number
            if not train.any():
                return None
            ridge = fit(x[train], self.labels[train], self.n_classes, l2, scaling=scaling)
            correct[held] = ridge.predict(x[held]) == self.labels[held]
        return correct

    def describe(self, probes: dict[str, Probe]) -> str:
        """How the probes were got, in words."""
        penalties = {cut: probe.l2 for cut, probe in probes.items()}
        folds = len(np.unique(self.fold))
        return words.profile(
            folds, len(self.labels), penalties, chosen=len(self.penalties) > 1, times=1 + len(self.others)
        )

"""Is the set small or large? The lesson's two anchors, and evidence for where the line between them lies.

Counted are groups, not files: frames of one thing, or copies of one picture, are one thing seen often.
Up to SURELY_SMALL groups a set is small, from SURELY_LARGE on large; the lesson calls the line between
subjective. Here it starts half-way on a log scale (about 45,000) and moves by a factor each time that

- the typical class has few groups (harder: the line rises) or many (easier: it falls);
- the probe's accuracy still rises when its pictures are doubled (the head alone is still starved: the line
  rises) or has come to rest (the frozen features have given what they have: it falls).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headstart.evidence.evidence import CurvePoint

SURELY_SMALL = 2_000
SURELY_LARGE = 1_000_000
LINE = math.sqrt(SURELY_SMALL * SURELY_LARGE)
STEP = 2.0  # the line moves by this factor
FEW_IN_CLASS, MANY_IN_CLASS = 100, 1_000  # groups in the typical class
RISING, RESTING = 0.01, 0.0025  # gain in accuracy from half the pictures to all
REPRESENTATIVE = 0.5  # a sample below this share of the set cannot say that the whole set still gains


@dataclass(frozen=True)
class Totals:
    """The whole training part, of which a sample may have been measured.

    n, groups      pictures, and groups of them that belong together
    class_counts   class name → pictures
    """

    n: int
    groups: int
    class_counts: Mapping[str, int]

    @property
    def typical_class(self) -> float:
        """Groups in the median class, taking the classes' pictures to be grouped alike."""
        return float(np.median(list(self.class_counts.values()))) * self.groups / self.n


def verdict(
    totals: Totals, curve: Sequence[CurvePoint], gain: float, gain_error: float, sampled: int
) -> tuple[str, str]:
    """("small" or "large", the sentence that says why).

    gain and gain_error are the accuracy gained from the curve's last but one point to its last, and its
    paired standard error; `sampled` pictures of totals.n were measured.
    """
    seen = f"{totals.groups:,} groups of pictures ({totals.n:,} files)"
    if totals.groups <= SURELY_SMALL:
        return "small", f"{seen}: at most {SURELY_SMALL:,} is small"
    if totals.groups >= SURELY_LARGE:
        return "large", f"{seen}: at least {SURELY_LARGE:,} is large"
    line, notes = LINE, []
    for factor, note in (_by_class(totals), _by_curve(curve, gain, gain_error, sampled / totals.n)):
        line *= factor
        notes.append(note)
    line = min(max(line, SURELY_SMALL), SURELY_LARGE)
    size = "large" if totals.groups >= line else "small"
    relation = "at or above" if size == "large" else "below"
    return size, f"{seen}, {relation} a line of {line:,.0f}: {'; '.join(notes)}"


def _by_class(totals: Totals) -> tuple[float, str]:
    typical = totals.typical_class
    note = f"{typical:,.0f} groups in the typical class"
    if typical < FEW_IN_CLASS:
        return STEP, f"{note} (few, under {FEW_IN_CLASS})"
    if typical >= MANY_IN_CLASS:
        return 1 / STEP, f"{note} (many, {MANY_IN_CLASS:,} or more)"
    return 1.0, note


def _by_curve(curve: Sequence[CurvePoint], gain: float, error: float, share: float) -> tuple[float, str]:
    if len(curve) < 2:
        return 1.0, "too few pictures for a learning curve"
    note = f"doubling the pictures to {curve[-1].n:,} gained {100 * gain:.1f} ± {100 * error:.1f} points"
    if gain > max(RISING, error):
        if share < REPRESENTATIVE:
            return 1.0, f"{note} (still rising, but only {share:.0%} of the pictures were measured)"
        return STEP, f"{note} (still rising)"
    if gain <= RESTING and error <= RISING:
        return 1 / STEP, f"{note} (at rest)"
    return 1.0, f"{note} (undecided)"

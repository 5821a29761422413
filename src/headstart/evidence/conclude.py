"""From facts to a verdict: where to cut, whether the top serves, whether training is expected to pay.

A pure function of the facts and of priors, so that a benchmark can ask what would have been concluded from priors that
know nothing of the data sets that are judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from headstart.evidence import words
from headstart.evidence.facts import CutScore, Facts
from headstart.evidence.priors import PRIORS, Priors
from headstart.evidence.reasons import BestCut, Joint, Similarity, Size
from headstart.evidence.verdict import SCRATCH, TUNED, Gain, Verdict
from headstart.intervals import shrunk

WITHIN = 1.0  # similar: the top cut lies within this many paired standard errors of the best
BEATS = 2.0  # and beats the random control by this many
# Case 2 takes a shallower cut where the paired loss is at most this, and all cuts where they gain more.
SHALLOWER = 0.003
WORTH = 0.02  # large: a try at training, which takes a hundred times as long, is worth more than this,
FEWEST = 5  # and the typical class has so many groups to train on and to choose by
LEAST_LEAD = LEAST_SPREAD = 0.005  # no expectation is surer than this


def conclude(
    facts: Facts, *, size: str | None = None, similarity: str | None = None, priors: Priors = PRIORS
) -> Verdict:
    """The verdict on `facts`; `size` and `similarity` overrule what they come to."""
    cut = _best_cut(facts, priors)
    gains = _gains(facts, cut, priors)
    similar, large = _similarity(facts, cut), _size(facts, gains[TUNED])
    return Verdict(
        size=size or large.measured,
        similarity=similarity or similar.measured,
        best_cut=cut.cut,
        joint_lead=cut.lead,
        trained_cut=_trained_cut(facts, priors),
        gains=gains,
        how={
            "best_cut": words.best_cut(cut),
            "similarity": words.similarity(similar, similarity),
            "size": words.size(large, size),
            "trained_cut": words.trained_cut(priors.lower),
            "gains": words.gains(facts.steepness),
        },
    )


def shallowest(profile: Sequence[CutScore]) -> CutScore:
    """The first cut that is as good as the best single one, but for SHALLOWER."""
    return next(row for row in profile if row.behind <= SHALLOWER)


def top_serves(facts: Facts, best_cut: str) -> bool:
    """Whether nothing is expected to beat the top cut: neither a cut below it nor all of them together."""
    return not facts.joins(best_cut) and facts.top.behind <= WITHIN * facts.top.behind_error


def shortfall(facts: Facts) -> float:
    """By how many standard errors the top cut misses what similar asks of it; 0 or less where it misses nothing.

    The worse of two: being WITHIN reach of the best single cut, and BEATS above random weights.
    """
    behind = _ratio(facts.top.behind, facts.top.behind_error)
    return max(behind - WITHIN, BEATS - _ratio(facts.lead, facts.control_error))


def _ratio(part: float, error: float) -> float:
    if error > 0:
        return part / error
    return 0.0 if part == 0 else math.copysign(math.inf, part)


def _best_cut(facts: Facts, priors: Priors) -> BestCut:
    single, joint = shallowest(facts.profile), facts.concatenated
    if joint is None:
        return BestCut(single, None, SHALLOWER)
    error = 1 - max(row.accuracy for row in facts.profile)
    usual, spread = priors.joint[0] * error, max(priors.joint[1] * error, LEAST_SPREAD)
    # All cuts were not picked among several; the best single one was.
    lead = shrunk(facts.optimism - joint.behind, joint.behind_error, usual, spread)
    found = Joint(joint, -joint.behind, joint.behind_error, facts.optimism, usual, lead)
    return BestCut(single, found, SHALLOWER)


def _trained_cut(facts: Facts, priors: Priors) -> str:
    lead = facts.lower.accuracy - facts.top.accuracy
    return facts.lower.cut if lead > priors.lower else facts.top.cut


def _gains(facts: Facts, cut: BestCut, priors: Priors) -> dict[str, Gain]:
    best = facts.expected(cut.cut, cut.lead)
    error, lead = 1 - best, max(best - facts.control, LEAST_LEAD)
    (share, between), (lost, spread) = priors.tuning, priors.scratch
    share += priors.steep * math.sqrt(facts.steepness)
    return {
        TUNED: Gain(share * error, max(between * error, LEAST_SPREAD)),
        SCRATCH: Gain(-lost * lead, spread * lead),
    }


def _similarity(facts: Facts, cut: BestCut) -> Similarity:
    lead, error = facts.lead, facts.control_error
    return Similarity(
        top=facts.top,
        best=facts.best,
        joined=cut.joined,
        close=top_serves(facts, cut.cut),
        control=facts.control,
        lead=lead,
        error=error,
        beats=lead > 0 and lead >= BEATS * error,
    )


def _size(facts: Facts, gain: Gain) -> Size:
    return Size(facts.n, facts.groups, facts.typical_class, FEWEST, gain, WORTH)

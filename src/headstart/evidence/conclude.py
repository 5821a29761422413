"""From facts to a verdict: what the pictures are, where to cut, whether training is worth a try.

A pure function of the facts and of priors, so that a benchmark can ask what would have been concluded from priors that
know nothing of the data sets that are judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from headstart.evidence import words
from headstart.evidence.facts import CutScore, Facts
from headstart.evidence.likeness import similarity_of
from headstart.evidence.priors import PRIORS, Priors, decades
from headstart.evidence.reasons import BestCut, Joint
from headstart.evidence.size import size_of
from headstart.evidence.trial import Trial, picking_error
from headstart.evidence.verdict import SCRATCH, TUNED, Gain, Verdict
from headstart.intervals import shrunk

WITHIN = (
    1.0  # paired standard errors: a top cut that is no further behind the best single one is taken for it
)
SHALLOWER = (
    0.003  # in accuracy: a shallower cut is taken where it loses no more, all cuts where they gain more
)
LEAST_LEAD = LEAST_SPREAD = 0.005  # no expectation is surer than this


def conclude(
    facts: Facts,
    *,
    size: str | None = None,
    similarity: str | None = None,
    priors: Priors = PRIORS,
    hours: float = 0.0,
) -> Verdict:
    """The verdict on `facts`; `size` and `similarity` overrule what they come to. hours: see trial.Trial."""
    cut = _best_cut(facts, priors)
    gains = _gains(facts, cut, priors)
    many, alike = size_of(facts), similarity_of(facts)
    trial = Trial(facts.typical_class, gains[TUNED], hours)
    return Verdict(
        size=size or many.measured,
        similarity=similarity or alike.measured,
        best_cut=cut.cut,
        joint_lead=cut.lead,
        trained_cut=_trained_cut(facts, priors),
        gains=gains,
        pays=trial.pays,
        line=many.line,
        doubling=many.doubling,
        index=(alike.index, *alike.interval),
        declared=tuple(name for name, told in (("size", size), ("similarity", similarity)) if told),
        how={
            "best_cut": words.best_cut(cut),
            "similarity": words.similarity(alike, similarity),
            "size": words.size(many, size),
            "trained_cut": words.trained_cut(priors.lower),
            "gains": words.gains(facts.steepness),
            "pays": words.pays(trial),
        },
    )


def shallowest(profile: Sequence[CutScore]) -> CutScore:
    """The first cut that is as good as the best single one, but for SHALLOWER."""
    return next(row for row in profile if row.behind <= SHALLOWER)


def _best_cut(facts: Facts, priors: Priors) -> BestCut:
    top, joint = facts.top, facts.concatenated
    # Of cuts that cannot be told apart the top one: what lies below it is kept either way.
    single = top if top.behind <= WITHIN * top.behind_error else shallowest(facts.profile)
    if joint is None:
        return BestCut(single, None, SHALLOWER, single == top)
    error = 1 - max(row.accuracy for row in facts.profile)
    usual, spread = priors.joint[0] * error, max(priors.joint[1] * error, LEAST_SPREAD)
    # All cuts were not picked among several; the best single one was.
    lead = shrunk(facts.optimism - joint.behind, joint.behind_error, usual, spread)
    found = Joint(joint, -joint.behind, joint.behind_error, facts.optimism, usual, lead)
    return BestCut(single, found, SHALLOWER, single == top)


def _trained_cut(facts: Facts, priors: Priors) -> str:
    lead = facts.lower.accuracy - facts.top.accuracy
    return facts.lower.cut if lead > priors.lower else facts.top.cut


def _gains(facts: Facts, cut: BestCut, priors: Priors) -> dict[str, Gain]:
    best = facts.expected(cut.cut, cut.lead)
    error, lead = 1 - best, max(best - facts.control, LEAST_LEAD)
    (share, between), (lost, spread) = priors.tuning, priors.scratch
    share += priors.steep * math.sqrt(facts.steepness) + priors.decade * decades(facts.n)
    told = picking_error(facts, best)
    return {
        TUNED: Gain(share * error, max(between * error, LEAST_SPREAD), told),
        SCRATCH: Gain(-lost * lead, spread * lead, told),
    }

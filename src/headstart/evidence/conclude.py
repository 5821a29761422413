"""From measured facts to verdicts: where to cut, whether the top serves, whether training will pay.

A pure function of the facts in Evidence and of priors, so that a benchmark can ask what would have been concluded from
other settings than those that are judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from headstart.evidence.evidence import SCRATCH, TUNED, CutScore, Evidence, Gain
from headstart.evidence.priors import PRIORS, Priors
from headstart.intervals import shrunk

WITHIN = 1.0  # similar: the top cut lies within this many paired standard errors of the best
BEATS = 2.0  # and beats the random control by this many
# Case 2 takes a shallower cut where the paired loss is at most this, and all cuts where they gain more.
SHALLOWER = 0.003
WORTH = 0.02  # large: a try at training, which takes a hundred times as long, is worth more than this,
FEWEST = 5  # and the typical class has so many groups to train on and to choose by
LEAST_LEAD = LEAST_SPREAD = 0.005  # no expectation is surer than this


def conclude(
    facts: Evidence, *, size: str | None = None, similarity: str | None = None, priors: Priors = PRIORS
) -> Evidence:
    """The same facts with best_cut, similarity, gains and size; `size` and `similarity` overrule."""
    cut, cut_why, lead = _best_cut(facts, priors)
    found = replace(facts, best_cut=cut, joint_lead=lead, trained_cut=_trained_cut(facts, priors))
    similar = _similarity(found)
    gains = _gains(found, priors)
    large = _size(found, gains[TUNED])
    said = {
        "best_cut": cut_why,
        "similarity": _overruled(similarity, *similar),
        "size": _overruled(size, *large),
        "trained_cut": f"the best lower cut where it leads the top one by more than {100 * priors.lower:.0f} points",
        "gains": "what training took of the best frozen probe's errors on other data sets, more where lower cuts "
        f"beat the top: here the best takes away {_percent(facts.steepness)} of its errors",
    }
    return replace(
        found,
        size=size or large[0],
        similarity=similarity or similar[0],
        gains=gains,
        how={**facts.how, **said},
    )


def _trained_cut(facts: Evidence, priors: Priors) -> str:
    lead = facts.lower.accuracy - facts.top.accuracy
    return facts.lower.cut if lead > priors.lower else facts.top.cut


def shallowest(profile: Sequence[CutScore]) -> CutScore:
    """The first cut that is as good as the best single one, but for SHALLOWER."""
    return next(row for row in profile if row.behind <= SHALLOWER)


def near(facts: Evidence) -> bool:
    """Whether nothing is expected to beat the top cut: neither a cut below it nor all of them together."""
    return not facts.joins(facts.best_cut) and facts.top.behind <= WITHIN * facts.top.behind_error


def _gains(facts: Evidence, priors: Priors) -> dict[str, Gain]:
    best = facts.expected(facts.best_cut)
    error, lead = 1 - best, max(best - facts.control, LEAST_LEAD)
    (share, between), (lost, spread) = priors.tuning, priors.scratch
    share += priors.steep * math.sqrt(facts.steepness)
    return {
        TUNED: Gain(share * error, max(between * error, LEAST_SPREAD)),
        SCRATCH: Gain(-lost * lead, spread * lead),
    }


def _best_cut(facts: Evidence, priors: Priors) -> tuple[str, str, float]:
    """(where a frozen probe is expected to be best, the sentence that says why, the lead to expect of all cuts)."""
    single = shallowest(facts.profile)
    why = (
        f"the shallowest cut within {100 * SHALLOWER:.1f} points of the best single one: {single.cut}, "
        f"{_percent(single.accuracy)}, {100 * single.behind:.1f} points behind"
    )
    joint = facts.concatenated
    if joint is None:
        return single.cut, why, 0.0
    error = 1 - max(row.accuracy for row in facts.profile)
    usual, spread = priors.joint[0] * error, max(priors.joint[1] * error, LEAST_SPREAD)
    # All cuts were not picked among several; the best single one was.
    measured = facts.optimism - joint.behind
    lead = shrunk(measured, joint.behind_error, usual, spread)
    told = (
        f"{100 * -joint.behind:+.1f} ± {100 * joint.behind_error:.1f} points against the best single cut"
        f"{_picked(facts.optimism)}; other data sets had {100 * usual:+.1f}; {100 * lead:+.1f} is to be expected"
    )
    if lead > SHALLOWER:
        return joint.cut, f"all cuts side by side, {_percent(joint.accuracy)}: {told}", lead
    return single.cut, f"{why}; all cuts side by side: {told}, too little to take more than one", lead


def _picked(optimism: float) -> str:
    if optimism < 0.0005:
        return ""
    return f", which looks {100 * optimism:.1f} better than it is, since it was picked by these pictures"


def _similarity(facts: Evidence) -> tuple[str, str]:
    """("similar" or "different", the sentence that says why)."""
    top, best = facts.top, min(facts.profile, key=lambda row: row.behind)
    lead, error = top.accuracy - facts.control, facts.control_error
    beats = lead > 0 and lead >= BEATS * error
    place = (
        "the best single cut"
        if top.behind == 0
        else f"{100 * top.behind:.1f} ± {100 * top.behind_error:.1f} points behind {best.cut}"
    )
    if facts.joins(facts.best_cut):
        place += f", {'and' if top.behind else 'but'} all cuts side by side are expected to be better"
    against = (
        f"{100 * lead:+.1f} ± {100 * error:.1f} points against random weights ({_percent(facts.control)}), "
        f"{'enough' if beats else 'not enough'}"
    )
    return (
        "similar" if near(facts) and beats else "different",
        f"the top cut {top.cut} reaches {_percent(top.accuracy)}, {place}; {against}",
    )


def _size(facts: Evidence, gain: Gain) -> tuple[str, str]:
    """("small" or "large", the sentence that says why): large where training through is expected to pay."""
    each = facts.typical_class
    seen = f"{facts.groups:,} groups of pictures ({facts.n:,} files), {each:,.0f} in the typical class"
    if each < FEWEST:
        return "small", f"{seen}: fewer than {FEWEST} are too few to train on and to choose by"
    expected = f"{100 * gain.expected:+.1f} ± {100 * gain.spread:.1f} points"
    large = gain.tried > WORTH
    return (
        "large" if large else "small",
        f"{seen}: training all layers is expected to add {expected} to the best frozen probe; to try it and keep the "
        f"better of both is then worth {100 * gain.tried:.1f} points on average, "
        f"{'more' if large else 'not more'} than the {100 * WORTH:.0f} that a try must be worth",
    )


def _overruled(asked: str | None, measured: str, why: str) -> str:
    return f"{measured}: {why}" if asked is None else f"{asked}, as asked for; measured {measured}: {why}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

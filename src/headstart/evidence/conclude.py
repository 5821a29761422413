"""From measured facts to verdicts: where to cut, whether the top serves, whether training will pay.

A pure function of the facts in Evidence and of priors, so that a benchmark can ask what would have been concluded from
other settings than those that are judged.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headstart.evidence.evidence import Evidence, Gain
from headstart.evidence.priors import PRIORS, Priors
from headstart.intervals import shrunk

WITHIN = 1.0  # similar: the top cut lies within this many paired standard errors of the best
BEATS = 2.0  # and beats the random control by this many
SHALLOWER = 0.003  # case 2 takes a shallower cut where the paired loss is at most this
WORTH = 0.005  # large: training is expected to add more than this,
FEWEST = 5  # and the typical class has so many groups to train on and to choose by


def conclude(
    facts: Evidence, *, size: str | None = None, similarity: str | None = None, priors: Priors = PRIORS
) -> Evidence:
    """The same facts with best_cut, similarity, gains and size; `size` and `similarity` overrule."""
    cut, cut_why = _best_cut(facts, priors)
    similar = _similarity(facts, priors)
    found = replace(facts, best_cut=cut)
    each, error = typical_class(facts), 1 - found.score(cut).accuracy
    gains = {
        name: Gain(line.gain(each, error), line.spread)
        for name, line in (("fine-tune", priors.tuning), ("from scratch", priors.scratch))
    }
    large = _size(facts, gains["fine-tune"], each)
    said = {
        "best_cut": cut_why,
        "similarity": _overruled(similarity, *similar),
        "size": _overruled(size, *large),
        "gains": "over the best frozen probe, from its error and the pictures in a class: as on other data sets",
    }
    return replace(
        found,
        size=size or large[0],
        similarity=similarity or similar[0],
        gains=gains,
        how={**facts.how, **said},
    )


def typical_class(facts: Evidence) -> float:
    """Groups of pictures in the median class, taking the classes' pictures to be grouped alike."""
    return float(np.median(list(facts.class_counts.values()))) * facts.groups / facts.n


def _best_cut(facts: Evidence, priors: Priors) -> tuple[str, str]:
    single = next(row for row in facts.profile if row.behind <= SHALLOWER)
    why = (
        f"the shallowest cut within {100 * SHALLOWER:.1f} points of the best: {single.cut}, "
        f"{_percent(single.accuracy)}, {100 * single.behind:.1f} points behind"
    )
    joint = facts.concatenated
    if joint is None:
        return single.cut, why
    lead = shrunk(-joint.behind, joint.behind_error, *priors.joint)
    told = (
        f"{100 * -joint.behind:+.1f} ± {100 * joint.behind_error:.1f} points against the best single cut, "
        f"{100 * lead:+.1f} to be expected"
    )
    if lead > 0:
        return joint.cut, f"all cuts side by side, {_percent(joint.accuracy)}: {told}"
    return single.cut, f"{why}; all cuts side by side: {told}"


def _similarity(facts: Evidence, priors: Priors) -> tuple[str, str]:
    """("similar" or "different", the sentence that says why)."""
    top, best = facts.top, min(facts.profile, key=lambda row: row.behind)
    lead, error = top.accuracy - facts.control, facts.control_error
    near = top.behind <= WITHIN * top.behind_error
    beats = lead > 0 and lead >= BEATS * error
    place = (
        "the best cut"
        if top.behind == 0
        else f"{100 * top.behind:.1f} ± {100 * top.behind_error:.1f} points behind {best.cut}"
    )
    if facts.concatenated is not None:
        joint, joint_error = facts.joint_lead, facts.joint_lead_error
        near = near and shrunk(joint, joint_error, *priors.joint) <= 0
        place += f", all cuts side by side {100 * joint:+.1f} ± {100 * joint_error:.1f} against it"
    against = (
        f"{100 * lead:+.1f} ± {100 * error:.1f} points against random weights ({_percent(facts.control)}), "
        f"{'enough' if beats else 'not enough'}"
    )
    return (
        "similar" if near and beats else "different",
        f"the top cut {top.cut} reaches {_percent(top.accuracy)}, {place}; {against}",
    )


def _size(facts: Evidence, gain: Gain, each: float) -> tuple[str, str]:
    """("small" or "large", the sentence that says why): large where training through is expected to pay."""
    seen = f"{facts.groups:,} groups of pictures ({facts.n:,} files), {each:,.0f} in the typical class"
    expected = f"{100 * gain.expected:+.1f} ± {100 * gain.spread:.1f} points"
    if each < FEWEST:
        return "small", f"{seen}: fewer than {FEWEST} are too few to train on and to choose by"
    large = gain.expected > WORTH
    return (
        "large" if large else "small",
        f"{seen}: training all layers is expected to change the best frozen probe by {expected}, "
        f"{'more' if large else 'not more'} than {100 * WORTH:.1f}",
    )


def _overruled(asked: str | None, measured: str, why: str) -> str:
    return f"{measured}: {why}" if asked is None else f"{asked}, as asked for; measured {measured}: {why}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

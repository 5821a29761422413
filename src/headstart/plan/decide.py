"""Evidence → Plan. A pure function, and every step of it leaves a sentence with its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from headstart.backbone.backbone import Backbone
from headstart.errors import PlanError
from headstart.evidence.curve import exponent
from headstart.evidence.evidence import SCRATCH, TUNED, CutScore, Evidence
from headstart.features.cuts import cut_names
from headstart.plan import cases
from headstart.plan.plan import Plan

CASES = {
    ("small", "similar"): 1,
    ("small", "different"): 2,
    ("large", "similar"): 3,
    ("large", "different"): 4,
}
WAYS = {
    1: "slice off the end, freeze everything, new head",
    2: "keep only the first stages, freeze them, new head",
    3: "new head, everything else starts pre-trained, train everything",
    4: "as case 3, and from random weights where that does not succeed",
}
AT_ONCE = "train everything from random weights at once"  # case 4 with init "random"
ALL_KEPT = "keep every stage, freeze them, new head on the outputs of all"  # case 2 at all cuts


def decide(
    evidence: Evidence,
    backbone: Backbone,
    *,
    case: int | None = None,
    cut: str | Sequence[str] | None = None,
    init: str | None = None,
    head_init: str = "solved",
    head_layers: int = 1,
    class_weight: str = "none",
    seed: int = 0,
    recipe_overrides: Mapping[str, Any] | None = None,
    runtime: str = "auto",
    precision: str | None = None,
) -> Plan:
    """The plan that the evidence calls for, or the one that was asked for.

    A case 4 that was asked for trains both ways.

    `case`, `cut` (a stage, several, or "a+b") and `init` overrule; a lower cut makes a measured case 1 a case
    2, init "random" makes any measured case a case 4. Raises PlanError where what was asked for contradicts
    itself, BackboneError for an unknown cut. precision: None is what the evidence was measured in.
    """
    reasons = [f"{_fact(evidence, 'size')}.", f"{_fact(evidence, 'similarity')}."]
    number, why = _case(evidence, backbone, case=case, cut=cut, init=init)
    chosen, cut_why = _cut(number, evidence, backbone, cut, init)
    reasons += [why, cut_why, *_warnings(evidence, class_weight)]
    own = number in (3, 4) and cut is None  # what to expect is known of the plan's own way of training alone
    asked = [name for name, value in (recipe_overrides or {}).items() if value is not None]
    gain = evidence.gains.get(SCRATCH if init == "random" else TUNED) if own and not asked else None
    if own and asked and evidence.gains:
        reasons.append(
            f"Nothing is expected of training with the {' and '.join(asked)} asked for: the selection pictures decide."
        )
    return cases.make(
        number,
        backbone,
        n=evidence.n,
        cut=chosen,
        init=init,
        fallback="both" if case == 4 and init is None else None,
        fallback_cut=evidence.best_cut if own and evidence.best_cut != chosen else None,
        gain=gain and (gain.expected, gain.spread),
        learning_exponent=exponent(evidence.curve) if number in (3, 4) and init != "random" else 0.0,
        head_init=head_init,
        head_layers=head_layers,
        class_weight=class_weight,
        seed=seed,
        recipe=recipe_overrides,
        runtime=runtime,
        precision=precision or evidence.precision,
        pictures=evidence.pictures,
        reasons=reasons,
    )


def _fact(evidence: Evidence, name: str) -> str:
    """The sentence of a verdict; evidence made elsewhere may hold the verdict alone."""
    return f"{name.capitalize()}: {evidence.how.get(name, getattr(evidence, name))}"


def _case(
    evidence: Evidence,
    backbone: Backbone,
    *,
    case: int | None,
    cut: str | Sequence[str] | None,
    init: str | None,
) -> tuple[int, str]:
    measured = CASES[evidence.size, evidence.similarity]
    found = f"{evidence.size} and {evidence.similarity} would be case {measured}"
    way = partial(_way, init=init, every=cut is None and evidence.joins(evidence.best_cut))
    if case is not None:
        return case, f"Case {case}, as asked for ({found}): {way(case)}."
    if init == "random":
        return 4, f"Case 4, because random weights were asked for ({found}): {way(4)}."
    if measured == 1 and cut is not None and cut_names(cut) != (backbone.top.name,):
        return 2, f"Case 2, because a cut below the top was asked for ({found}): {way(2)}."
    if measured == 2 and cut is None and len(backbone.stages) == 1:
        return 1, f"Case 1, because {backbone.name} has 1 cut and no lower one ({found}): {way(1)}."
    return measured, f"Case {measured}, {evidence.size} and {evidence.similarity}: {way(measured)}."


def _way(case: int, init: str | None, *, every: bool) -> str:
    """What the case does; every: where case 2 cuts at all cuts together."""
    if case not in WAYS:
        raise PlanError(f"case {case!r}: expected 1, 2, 3 or 4")
    if (case, init) == (4, "random"):
        return AT_ONCE
    return ALL_KEPT if case == 2 and every else WAYS[case]


def _cut(
    case: int, evidence: Evidence, backbone: Backbone, cut: str | Sequence[str] | None, init: str | None
) -> tuple[str | Sequence[str] | None, str]:
    """The cut to make, None for the top, and the sentence for it."""
    names = cut_names(cut)
    if names:
        scored = [_scored(row) for row in evidence.profile if (row.cut,) == names]
        return names, f"Cut at {'+'.join(names)}, as asked for{''.join(f': {text}' for text in scored)}."
    top = evidence.top
    if case in (3, 4) and init != "random" and evidence.trained_cut not in ("", top.cut):
        lower = evidence.score(evidence.trained_cut)
        return lower.cut, (
            f"Cut at {lower.cut}, and trained up to there: {_scored(lower)}, "
            f"{100 * (lower.accuracy - top.accuracy):.1f} points more than at the top cut {top.cut}."
        )
    if case != 2:
        return None, f"Cut at the top, {backbone.top.name}: {_scored(top)}."
    best = _frozen(evidence, backbone)
    gain = 100 * (best.accuracy - top.accuracy)
    why = f" Why: {evidence.how['best_cut']}." if "best_cut" in evidence.how else ""
    return best.cut, (
        f"{_where(best.cut, evidence)}: {_scored(best)}, {gain:+.1f} points against the top cut {top.cut} "
        f"({100 * top.accuracy:.1f} %).{why}"
    )


def _frozen(evidence: Evidence, backbone: Backbone) -> CutScore:
    """Case 2's cut: the measured one, or, where that is the top, the best below it."""
    if evidence.best_cut != backbone.top.name:
        return evidence.score(evidence.best_cut)
    if len(evidence.profile) == 1:
        raise PlanError(
            f"case 2 needs a cut below the top, and {backbone.name} has only {backbone.top.name}; use case 1"
        )
    return evidence.lower


def _where(cut: str, evidence: Evidence) -> str:
    return f"All {len(evidence.profile)} cuts side by side" if evidence.joins(cut) else f"Cut at {cut}"


def _scored(row: CutScore) -> str:
    return f"its ridge probe reaches {100 * row.accuracy:.1f} ± {100 * row.error:.1f} % cross-validated"


IMBALANCE = 5.0


def _warnings(evidence: Evidence, class_weight: str) -> list[str]:
    counts = evidence.class_counts
    most, least = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    if class_weight != "none" or counts[most] < IMBALANCE * max(counts[least], 1):
        return []
    return [
        f"Classes are uneven: {counts[most]:,} of {most}, {counts[least]:,} of {least}; "
        "--class-weight balanced would weigh them alike."
    ]

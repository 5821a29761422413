"""The reasons of a plan, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import CutScore
from headstart.planning.reasons import CaseChosen, CutChosen, FallbackAsked, Rates, Reason, Uneven, Unexpected


def sentences(evidence: Evidence, reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The verdicts first, then every reason."""
    verdicts = [f"{_verdict(evidence, name)}." for name in ("size", "similarity")]
    return (*verdicts, *(said for reason in reasons for said in _said(reason)))


def _verdict(evidence: Evidence, name: str) -> str:
    """The sentence of a verdict; evidence made elsewhere may hold the verdict alone."""
    return f"{name.capitalize()}: {evidence.how.get(name, getattr(evidence, name))}"


def _said(reason: Reason) -> list[str]:
    match reason:
        case CaseChosen():
            return [_case(reason)]
        case CutChosen():
            return [_cut(reason)]
        case Uneven((most, many), (least, few)):
            weigh = "--class-weight balanced would weigh them alike"
            return [f"Classes are uneven: {many:,} of {most}, {few:,} of {least}; {weigh}."]
        case Unexpected(asked, decided):
            end = ": the selection pictures decide" if decided else ""
            return [f"Nothing is expected of training with the {_listed(asked)} asked for{end}."]
        case Rates():
            return _rates(reason)
        case FallbackAsked(fallback, case):
            other = "" if case is None else f", which makes it case {case}"
            return [f"Fall-back {fallback}, as asked for{other}."]


def _listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c" """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _case(reason: CaseChosen) -> str:
    verdicts = f"{reason.size} and {reason.similarity}"
    found = f"({verdicts} would be case {reason.measured})"
    cause = {
        "measured": f"{verdicts}",
        "asked": f"as asked for {found}",
        "random": f"because random weights were asked for {found}",
        "lower cut": f"because a cut below the top was asked for {found}",
        "top cut": f"because the cut at the top was asked for {found}",
        "one cut": f"because {reason.network} has 1 cut and no lower one {found}",
    }[reason.cause]
    return f"Case {reason.number}, {cause}: {reason.way}."


def _cut(reason: CutChosen) -> str:
    name, top = "+".join(reason.cut), reason.top
    if reason.score is None:
        return f"Cut at {name}, as asked for."
    scored = _scored(reason.score)
    lead = 100 * (reason.score.accuracy - top.accuracy)
    if reason.cause == "asked":
        return f"Cut at {name}, as asked for: {scored}."
    if reason.cause == "top":
        return f"Cut at the top, {name}: {scored}."
    if reason.cause == "trained":
        more = f"{lead:.1f} points more than at the top cut {top.cut}"
        return f"Cut at {name}, and trained up to there: {scored}, {more}."
    place = f"All {reason.all_cuts} cuts side by side" if reason.all_cuts else f"Cut at {name}"
    against = f"{lead:+.1f} points against the top cut {top.cut} ({100 * top.accuracy:.1f} %)"
    why = f" Why: {reason.why}." if reason.why else ""
    return f"{place}: {scored}, {against}.{why}"


def _scored(row: CutScore) -> str:
    return f"its ridge probe reaches {100 * row.accuracy:.1f} ± {100 * row.error:.1f} % cross-validated"


def _rates(reason: Rates) -> list[str]:
    said = []
    if reason.frozen:
        said.append(f"Case {reason.case}'s way with {' and '.join(reason.frozen)} frozen, as asked for.")
    scales = ", ".join(f"{stage} × {scale:g}" for stage, scale in reason.scales.items())
    return said + [f"Rates as asked for: {scales}."] * bool(scales)

"""The reasons of a plan, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from headstart.counts import percent
from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import CutScore
from headstart.evidence.trial import FEWEST
from headstart.evidence.verdict import TUNED
from headstart.planning import four
from headstart.planning.plan import Plan
from headstart.planning.reasons import Chosen, CutChosen, FallbackAsked, Rates, Reason, Uneven, Unexpected


def summary(evidence: Evidence, chosen: Chosen, plan: Plan) -> tuple[str, str, str]:
    """Three sentences: what the pictures are, what the lesson makes of that, what is done."""
    return _data(evidence, chosen.network), _lesson(chosen.lesson), _done(evidence, chosen, plan)


def sentences(evidence: Evidence, reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The verdicts first, then every reason."""
    verdicts = [f"{_verdict(evidence, name)}." for name in ("size", "similarity")]
    pays = evidence.how.get("pays")
    tries = [f"Training: {pays}."] if pays else []
    return (*verdicts, *tries, *(said for reason in reasons for said in _said(reason)))


def _data(evidence: Evidence, network: str) -> str:
    few = evidence.effective < 0.95 * evidence.n
    worth = f" (they count as {evidence.effective:,.0f}, since some show the same thing)" if few else ""
    told = evidence.verdict.declared
    index, *ends = evidence.verdict.index
    shown = f" ({index:.2f} on a scale from 0 to 1, where 0.5 is the line)" if ends != [0, 1] else ""
    return (
        f"The data: a {evidence.size} set{', as was told' if 'size' in told else ''}, {evidence.n:,} pictures to learn "
        f"from{worth}. They are {evidence.similarity} {'to' if evidence.similarity == 'similar' else 'from'} what "
        f"{network} has learnt from{', as was told' if 'similarity' in told else shown}."
    )


def _lesson(number: int) -> str:
    case = four.numbered(number)
    return f"The lesson: case {number}, {case.size} and {case.similarity}: {case.lesson}."


def _done(evidence: Evidence, chosen: Chosen, plan: Plan) -> str:
    both = len(evidence.verdict.declared) > 1
    cause = {
        "asked": ", as asked for",
        "declared": f", since {' and '.join(evidence.verdict.declared)} {'were' if both else 'was'} told",
        "random": ", since random weights were asked for",
        "cut": ", at the cut asked for",
        "one cut": f", since {chosen.network} has no lower cut",
    }.get(chosen.cause, "")
    if chosen.number == 0:
        return (
            f"What is done: some stages are frozen and others trained{cause}. That is none of the four cases."
        )
    apart = _apart(evidence, chosen, plan) + _reaches(evidence, plan)
    return f"What is done: case {chosen.number}'s way{cause}: {_way(chosen)}.{apart}"


def _reaches(evidence: Evidence, plan: Plan) -> str:
    """What is expected of it, where that is known; and what a frozen network would come to, where that is more."""
    best = evidence.expected(evidence.best_cut)
    if plan.frozen:
        cut, scored = "+".join(plan.cut), [score.cut for score in evidence.facts.scores]
        expected = evidence.expected(cut) if cut in scored else None
    else:
        expected = best + plan.gain[0] if plan.gain and plan.gain[0] < 0 else None
    if expected is None:
        return ""
    more = round(100 * best) - round(100 * expected)
    other = (
        f"; frozen and read where it serves best, the network would come to {100 * best:.0f}"
        if more >= 1
        else ""
    )
    return f" About {max(0.0, 100 * expected):.0f} of 100 new pictures should be named rightly{other}."


def _way(chosen: Chosen) -> str:
    stages, cut = chosen.stages, chosen.stages - chosen.kept
    away = f"the upper {cut} of {stages} stages {'are' if cut > 1 else 'is'} sliced off"
    way = four.numbered(chosen.number).way
    if chosen.number == 1 and chosen.reads > 1:
        reads = f"all {stages}" if chosen.reads == stages else f"{chosen.reads} of {stages}"
        return f"{way} that reads {reads} depths"
    if chosen.number == 2:
        return f"{away} and the rest is frozen, with a new head"
    if chosen.number == 3 and cut:
        return f"{way}; {away}, since those below tell these pictures apart better"
    return f"{way}; {away}" if cut else way


def _apart(evidence: Evidence, chosen: Chosen, plan: Plan) -> str:
    """Where the lesson would do something else: why this is done, with the number that decided."""
    if chosen.cause != "expected":
        return ""
    if chosen.number == 3:
        return _tried(chosen, plan)
    if chosen.lesson in (3, 4):
        return f" The lesson would train every layer here. {_not_tried(evidence)}"
    if (chosen.lesson, chosen.number) == (2, 1):
        lower = evidence.lower
        lead = evidence.expected(evidence.best_cut) - evidence.expected(lower.cut)
        return (
            f" The lesson would slice the upper layers off here. {_more(lead, f'with a cut at {lower.cut}')}"
        )
    if (chosen.lesson, chosen.number) == (1, 2):
        lead = evidence.expected(evidence.best_cut) - evidence.top.accuracy
        return f" The lesson would keep every layer here. {_more(lead, 'with all of them')}"
    return ""


def _tried(chosen: Chosen, plan: Plan) -> str:
    """What training is expected to add, where that is known."""
    also = " From random weights, too, where that is no success." if plan.fallback == "scratch" else ""
    freezes = " The lesson would freeze the network here." if chosen.lesson in (1, 2) else ""
    if not plan.gain:
        return freezes + also
    adds = f"{100 * plan.gain[0]:.0f} ± {100 * plan.gain[1]:.0f} points"
    if freezes:
        tried = (
            f"Training every layer is expected to add {adds}, so it is tried as well, and the better is kept."
        )
        return f"{freezes} {tried}{also}"
    return f" It is expected to add {adds} to the frozen network, and the better of both is kept.{also}"


def _not_tried(evidence: Evidence) -> str:
    """Why training is not worth a try."""
    typical, gain = evidence.facts.typical_class, evidence.gains.get(TUNED)
    if gain is None or typical < FEWEST:
        return f"With {typical:,.0f} in the typical class there are too few to train on and to choose by."
    adds = f"{100 * gain.expected:+.0f} ± {100 * gain.spread:.0f} points"
    if gain.expected <= 0:
        return f"That is expected to gain nothing ({adds})."
    return f"That is expected to add {adds}, which is not worth the time that it takes here."


def _more(lead: float, than: str) -> str:
    """lead: in accuracy, over what is done otherwise."""
    count = round(100 * lead)
    if count < 1:
        return f"As many pictures are expected to be named rightly as {than}."
    return f"So {count} more of 100 pictures {'are' if count > 1 else 'is'} expected to be named rightly than {than}."


def _verdict(evidence: Evidence, name: str) -> str:
    """The sentence of a verdict; evidence made elsewhere may hold the verdict alone."""
    return f"{name.capitalize()}: {evidence.how.get(name, getattr(evidence, name))}"


def _said(reason: Reason) -> list[str]:
    match reason:
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
        case FallbackAsked(fallback):
            return [f"Fall-back {fallback}, as asked for."]


def _listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c" """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _cut(reason: CutChosen) -> str:
    name, top = "+".join(reason.cut), reason.top
    if reason.score is None:
        return f"Cut at {name}, as asked for."
    scored = _scored(reason.score)
    lead = 100 * (reason.score.accuracy - top.accuracy)
    if reason.cause == "asked":
        return f"Cut at {name}, as asked for: {scored}."
    why = f" Why: {reason.why}." if reason.why else ""
    if reason.cause == "top":
        return f"Cut at the top, {name}: {scored}.{why}"
    if reason.cause == "trained":
        more = f"{lead:.1f} points more than at the top cut {top.cut}"
        return f"Cut at {name}, and trained up to there: {scored}, {more}."
    place = f"All {reason.all_cuts} cuts side by side" if reason.all_cuts else f"Cut at {name}"
    against = f"{lead:+.1f} points against the top cut {top.cut} ({percent(top.accuracy)})"
    return f"{place}: {scored}, {against}.{why}"


def _scored(row: CutScore) -> str:
    return f"its ridge probe reaches {100 * row.accuracy:.1f} ± {100 * row.error:.1f} % cross-validated"


def _rates(reason: Rates) -> list[str]:
    said = []
    if reason.frozen:
        said.append(f"Case {reason.case}'s way with {' and '.join(reason.frozen)} frozen, as asked for.")
    scales = ", ".join(f"{stage} × {scale:g}" for stage, scale in reason.scales.items())
    return said + [f"Rates as asked for: {scales}."] * bool(scales)

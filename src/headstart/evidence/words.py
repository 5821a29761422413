"""What was measured and what the rules found, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from headstart.counts import percent
from headstart.evidence.facts import Ahead
from headstart.evidence.likeness import HALF, Sign, Similarity
from headstart.evidence.nearness import Distance
from headstart.evidence.reasons import BestCut, Joint
from headstart.evidence.size import LARGE, SMALL, Size
from headstart.evidence.trial import FEWEST, Trial

_SHOWN = 0.0005  # in accuracy: what is less rounds to 0.0 points


def facts(*, profile: str, control: str, distance: str, curve: str) -> dict[str, str]:
    """Fact's name → how it was got; the others are got one way."""
    return {
        "profile": profile,
        "control": control,
        "optimism": "how much better the best cut of a draw of pictures looks in it than among all (bootstrap)",
        "distance": distance,
        "curve": curve,
        "reach": "the curve continued as a power law that flattens, with its 90 % interval: fitted, not measured",
        "logme": "LogME of the top cut (You et al. 2021), per picture; higher is better, on the same pictures",
        "entropy": "mean entropy of the source's own head here, divided by log of its outputs",
    }


def profile(
    folds: int, pictures: int, penalties: Mapping[str, float], *, chosen: bool, times: int = 1
) -> str:
    """penalties: cut → that of its probe; chosen: whether they were chosen, or are one for all; times: how often the
    pictures were divided into folds."""
    often = f", mean of {times} divisions" if times > 1 else ""
    how = "chosen by held-out error" if chosen else "fixed (few pictures)"
    each = ", ".join(f"{cut} {penalty:g}" for cut, penalty in penalties.items())
    return (
        f"ridge probe on one-hot targets, {folds}-fold cross-validation by groups{often}, {pictures:,} pictures, "
        f"penalty {how}: {each}"
    )


def control(cuts: int, copies: int) -> str:
    return f"best of {cuts} cuts of {f'{copies} copies' if copies > 1 else 'one copy'} with random weights"


def control_of_part(cuts: int, pictures: int, part: Ahead) -> str:
    """pictures: those measured, of which random weights saw a part."""
    return (
        f"{control(cuts, 1)}, on {part.pictures:,} of the {pictures:,} pictures: {percent(part.accuracy)} there, "
        f"{100 * part.lead:.1f} ± {100 * part.error:.1f} points behind the top cut on the same pictures, and taken "
        "to be as far behind it on all"
    )


def distance(found: Distance | None, source: str) -> str:
    """source: the data set that the network was trained on, or ""."""
    if found is None:
        return f"not available: no feature statistics are known for {source or 'the source'}"
    return (
        f"the typical channel of {found.stage} against what it is on {source}: the logarithm of their ratio"
    )


def curve(cut: str, shares: Sequence[float]) -> str:
    """shares: of the pictures, that the points are trained on."""
    *some, last = (f"{100 * share:g}" for share in shares)
    parts = f"{', '.join(some)} and {last} % of each fold's training pictures, on each such part in turn"
    return f"the probe at {cut} trained on {parts}"


def best_cut(found: BestCut) -> str:
    single, joint = found.single, found.joint
    if joint is not None and found.joined:
        return f"all cuts side by side, {percent(joint.score.accuracy)}: {_joint(joint)}"
    behind = f"{100 * single.behind:.1f} ± {100 * single.behind_error:.1f} points behind the best"
    if found.top:
        place = "the best one" if single.behind == 0 else f"{behind}, which is within the error"
        why = f"of single cuts the top one, {single.cut}, {percent(single.accuracy)}, {place}"
    else:
        why = (
            f"the shallowest cut within {100 * found.tolerance:.1f} points of the best single one: {single.cut}, "
            f"{percent(single.accuracy)}, {behind}"
        )
    return (
        why
        if joint is None
        else f"{why}; all cuts side by side: {_joint(joint)}, too little to take more than one"
    )


def _joint(found: Joint) -> str:
    picked = (
        f", which looks {100 * found.optimism:.1f} better than it is, since it was picked by these pictures"
        if found.optimism >= _SHOWN
        else ""
    )
    return (
        f"{_points(found.measured, found.error)} against the best single cut{picked}; other data sets had "
        f"{100 * found.usual:+.1f}; {100 * found.expected:+.1f} is to be expected"
    )


def similarity(found: Similarity, asked: str | None) -> str:
    """The index, and what each sign says."""
    low, high = found.interval
    signs = [
        f"lower cuts take away {percent(found.cut.value, 0)} of the top cut's errors ({_score(found.cut)})",
        f"the top cut takes away {percent(found.control.value, 0)} of the errors of random weights "
        f"({_score(found.control)})",
    ]
    if found.distance is not None:
        times = math.exp(found.distance.value)
        signs.append(
            f"the typical channel is {times:.1f} times as strong as on the source's pictures, or as weak "
            f"({_score(found.distance)})"
        )
    why = (
        f"{found.index:.2f} (95 %: {low:.2f} to {high:.2f}) on a scale from 0 to 1 with the line at {HALF}, the least "
        f"of {len(signs)}: {'; '.join(signs)}"
    )
    return _overruled(asked, found.measured, why)


def _score(sign: Sign) -> str:
    return f"{sign.score(sign.value):.2f}"


def size(found: Size, asked: str | None) -> str:
    worth = f", worth {found.effective:,.0f} single ones" if found.effective < found.n - 0.5 else ""
    seen = f"{found.n:,} pictures in {found.groups:,} groups{worth}"
    if found.effective <= SMALL:
        why = f"{seen}, and up to {SMALL:,} are few"
    elif found.effective >= LARGE:
        why = f"{seen}, and from {LARGE:,} on they are many"
    else:
        since = (
            ""
            if found.doubling is None
            else f" here, since twice as many would add {100 * found.doubling:.1f} points"
        )
        why = f"{seen}; {SMALL:,} are few, {LARGE:,} many, and the line between is drawn at {found.line:,.0f}{since}"
    return _overruled(asked, found.measured, why)


def pays(found: Trial) -> str:
    """Why training is tried, or is not."""
    if not found.enough:
        return (
            f"{found.typical_class:,.0f} in the typical class: fewer than {FEWEST} are too few to train on and to "
            "choose by"
        )
    gain = found.gain
    expected = f"training all layers is expected to add {_points(gain.expected, gain.spread)} to the best frozen probe"
    if gain.expected <= 0:
        return f"{expected}: no gain to try for"
    takes = f", since it takes {found.hours:.1f} hours here" if found.hours >= 0.1 else ""
    worth = f"{'more' if found.pays else 'not more'} than the {100 * found.price:.1f} that it must be worth{takes}"
    return (
        f"{expected}; to try it and keep what looks better is then worth {100 * gain.tried:.1f} points on average, "
        f"{worth}"
    )


def trained_cut(lead: float) -> str:
    """lead: what the probe at a lower cut must have over that at the top, in accuracy."""
    return f"the best lower cut where it leads the top one by more than {100 * lead:.1f} points"


def gains(steepness: float) -> str:
    return (
        "what training took of the best frozen probe's errors on other data sets, more where lower cuts "
        f"beat the top: here the best takes away {percent(steepness)} of its errors"
    )


def _overruled(asked: str | None, measured: str, why: str) -> str:
    return f"{measured}: {why}" if asked is None else f"{asked}, as asked for; measured {measured}: {why}"


def _points(value: float, error: float) -> str:
    return f"{round(100 * value, 1) + 0.0:+.1f} ± {100 * error:.1f} points"

"""What was measured and what the rules found, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headstart.evidence.nearness import Distance
from headstart.evidence.reasons import BestCut, Joint, Similarity, Size

_SHOWN = 0.0005  # in accuracy: what is less rounds to 0.0 points


def facts(*, profile: str, control: str, distance: str, curve: str) -> dict[str, str]:
    """Fact's name → how it was got; the others are got one way."""
    return {
        "profile": profile,
        "control": control,
        "optimism": "how much better the best cut of a draw of pictures looks in it than among all (bootstrap)",
        "distance": distance,
        "curve": curve,
        "reach": "the curve continued as a power law, with its 95 % interval: fitted, not measured",
        "logme": "LogME of the top cut (You et al. 2021), per picture; higher is better, on the same pictures",
        "entropy": "mean entropy of the source's own head here, divided by log of its outputs",
    }


def profile(folds: int, pictures: int, penalties: Mapping[str, float], *, chosen: bool) -> str:
    """penalties: cut → that of its probe; chosen: whether they were chosen, or are one for all."""
    how = "chosen by held-out error" if chosen else "fixed (few pictures)"
    each = ", ".join(f"{cut} {penalty:g}" for cut, penalty in penalties.items())
    return (
        f"ridge probe on one-hot targets, {folds}-fold cross-validation by groups, {pictures:,} pictures, "
        f"penalty {how}: {each}"
    )


def control(cuts: int, copies: int) -> str:
    return f"best of {cuts} cuts of {f'{copies} copies' if copies > 1 else 'one copy'} with random weights"


def distance(found: Distance | None, source: str) -> str:
    """source: the data set that the network was trained on, or ""."""
    if found is None:
        return f"not available: no feature statistics are known for {source or 'the source'}"
    return f"mean and spread of {found.stage} against {source}'s, in units of the latter"


def curve(cut: str, shares: Sequence[float]) -> str:
    """shares: of the pictures, that the points are trained on."""
    *some, last = (f"{100 * share:g}" for share in shares)
    return f"the probe at {cut} trained on {', '.join(some)} and {last} % of each fold's training pictures"


def best_cut(found: BestCut) -> str:
    single, joint = found.single, found.joint
    if joint is not None and found.joined:
        return f"all cuts side by side, {_percent(joint.score.accuracy)}: {_joint(joint)}"
    why = (
        f"the shallowest cut within {100 * found.tolerance:.1f} points of the best single one: {single.cut}, "
        f"{_percent(single.accuracy)}, {100 * single.behind:.1f} points behind"
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
    top, best = found.top, found.best
    place = (
        "the best single cut"
        if top.behind == 0
        else f"{100 * top.behind:.1f} ± {100 * top.behind_error:.1f} points behind {best.cut}"
    )
    if found.joined:
        place += f", {'and' if top.behind else 'but'} all cuts side by side are expected to be better"
    against = (
        f"{_points(found.lead, found.error)} against random weights ({_percent(found.control)}), "
        f"{'enough' if found.beats else 'not enough'}"
    )
    why = f"the top cut {top.cut} reaches {_percent(top.accuracy)}, {place}; {against}"
    return _overruled(asked, found.measured, why)


def size(found: Size, asked: str | None) -> str:
    seen = f"{found.groups:,} groups of pictures ({found.n:,} files), {found.typical_class:,.0f} in the typical class"
    if not found.enough:
        why = f"{seen}: fewer than {found.fewest} are too few to train on and to choose by"
        return _overruled(asked, found.measured, why)
    gain = found.gain
    worth = f"{'more' if found.measured == 'large' else 'not more'} than the {100 * found.worth:.0f}"
    why = (
        f"{seen}: training all layers is expected to add {_points(gain.expected, gain.spread)} to the best frozen "
        f"probe; to try it and keep the better of both is then worth {100 * gain.tried:.1f} points on average, "
        f"{worth} that a try must be worth"
    )
    return _overruled(asked, found.measured, why)


def trained_cut(lead: float) -> str:
    """lead: what the probe at a lower cut must have over that at the top, in accuracy."""
    return f"the best lower cut where it leads the top one by more than {100 * lead:.1f} points"


def gains(steepness: float) -> str:
    return (
        "what training took of the best frozen probe's errors on other data sets, more where lower cuts "
        f"beat the top: here the best takes away {_percent(steepness)} of its errors"
    )


def _overruled(asked: str | None, measured: str, why: str) -> str:
    return f"{measured}: {why}" if asked is None else f"{asked}, as asked for; measured {measured}: {why}"


def _points(value: float, error: float) -> str:
    return f"{round(100 * value, 1) + 0.0:+.1f} ± {100 * error:.1f} points"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

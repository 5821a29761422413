"""What an evaluation says beside its baselines, made from values."""

from __future__ import annotations

from collections.abc import Iterable

from headstart.assess.baseline import Baseline
from headstart.intervals import Z95


def against(baselines: Iterable[Baseline]) -> str:
    """What can be said against the baselines; "" without any."""
    return " ".join(_sentence(one.name, one.lead, one.lead_error) for one in baselines)


def _sentence(name: str, lead: float, error: float | None) -> str:
    """Clear is what lies outside the 95 % interval of the paired difference."""
    if error is None:
        return f"{100 * lead:+.1f} points against “{name}”, on one group of pictures: no gain is shown."
    clear = "a clear gain" if lead > Z95 * error else "no gain is shown"
    return f"{100 * lead:+.1f} ± {100 * error:.1f} points against “{name}” on the same pictures: {clear}."

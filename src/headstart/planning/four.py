"""The four cases of transfer learning: plans, tables, charts and docs read them here."""

from __future__ import annotations

from dataclasses import dataclass

from headstart.errors import PlanError


@dataclass(frozen=True)
class Case:
    """One of the four.

    size, similarity   the verdicts that call for it
    way                what it does
    fallback           what stands in where its training does not succeed; "none" where it trains no stage
    layers, dropped    what becomes of each layer of the demonstration network (docs/plan.md) that stays, and how many
                       of its six are sliced off: "frozen", "trained", "scratch"
    """

    number: int
    size: str
    similarity: str
    way: str
    fallback: str
    layers: tuple[str, ...]
    dropped: int

    @property
    def trains(self) -> bool:
        """Whether gradients reach the network, and not the new head alone."""
        return self.fallback != "none"


CASES = (
    Case(1, "small", "similar", "slice off the end, freeze everything, new head", "none", ("frozen",) * 5, 1),
    Case(
        2,
        "small",
        "different",
        "keep only the first stages, freeze them, new head",
        "none",
        ("frozen",) * 2,
        4,
    ),
    Case(
        3,
        "large",
        "similar",
        "new head, everything else starts pre-trained, train everything",
        "probe",
        ("trained",) * 5,
        1,
    ),
    Case(
        4,
        "large",
        "different",
        "as case 3, and from random weights where that does not succeed",
        "scratch",
        ("scratch",) * 5,
        1,
    ),
)
NUMBERS = tuple(case.number for case in CASES)

# Three ways of doing a case that its own words do not fit.
AT_ONCE = "train everything from random weights at once"  # case 4 with init "random"
BOTH_WAYS = "train everything twice, from pre-trained and from random weights, and keep the better"  # case 4, asked for
ALL_KEPT = "keep every stage, freeze them, new head on the outputs of all"  # case 2 at all cuts
SEVERAL_KEPT = (
    "keep every stage, freeze them, new head on the outputs of several"  # case 2 at the top cut and others
)


def numbered(number: int) -> Case:
    """The case of that number. Raises PlanError where it is none of the four."""
    if number not in NUMBERS:
        raise PlanError(f"case {number!r}: expected 1, 2, 3 or 4")
    return CASES[NUMBERS.index(number)]


def called_for(size: str, similarity: str) -> Case:
    """The case that two verdicts call for."""
    return next(case for case in CASES if (case.size, case.similarity) == (size, similarity))

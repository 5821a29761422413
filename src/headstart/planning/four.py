"""The four cases of transfer learning, as the lesson has them: plans, tables, charts and docs read them here.

Three things are kept apart. What the pictures are: size and similarity. Which case the lesson makes of that:
`called_for`. What is done: a plan's stage table, named by the case whose way it is (`Plan.case_of`).
"""

from __future__ import annotations

from dataclasses import dataclass

from headstart.errors import PlanError


@dataclass(frozen=True)
class Case:
    """One of the four.

    size, similarity   what the pictures are, for which the lesson has it
    lesson             what the lesson does then
    way                what the case's own stage table does
    fallback           what stands in where its training does not succeed; "none" where it trains no stage
    layers, dropped    what becomes of each layer of the demonstration network (docs/plan.md) that stays, and how many
                       of its six are sliced off: "frozen", "trained", "scratch"
    """

    number: int
    size: str
    similarity: str
    lesson: str
    way: str
    fallback: str
    layers: tuple[str, ...]
    dropped: int

    @property
    def trains(self) -> bool:
        """Whether gradients reach the network, and not the new head alone."""
        return self.fallback != "none"


CASES = (
    Case(
        1,
        "small",
        "similar",
        "slice off the end, freeze everything else, train a new head",
        "every layer is kept and frozen, with a new head",
        "none",
        ("frozen",) * 5,
        1,
    ),
    Case(
        2,
        "small",
        "different",
        "keep only the first layers, freeze them, train a new head",
        "the upper layers are sliced off and the rest is frozen, with a new head",
        "none",
        ("frozen",) * 2,
        4,
    ),
    Case(
        3,
        "large",
        "similar",
        "new head, start from the pre-trained weights, train every layer",
        "every layer is trained, starting from the pre-trained weights, with a new head",
        "probe",
        ("trained",) * 5,
        1,
    ),
    Case(
        4,
        "large",
        "different",
        "train every layer from random weights, or as in case 3",
        "every layer is trained, starting from random weights",
        "probe",
        ("scratch",) * 5,
        1,
    ),
)
NUMBERS = tuple(case.number for case in CASES)


def numbered(number: int) -> Case:
    """The case of that number. Raises PlanError where it is none of the four."""
    if number not in NUMBERS:
        raise PlanError(f"case {number!r}: expected 1, 2, 3 or 4")
    return CASES[NUMBERS.index(number)]


def called_for(size: str, similarity: str) -> Case:
    """The lesson's case for pictures of this size and similarity."""
    return next(case for case in CASES if (case.size, case.similarity) == (size, similarity))

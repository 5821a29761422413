"""Choice: what was planned, what was tried, what was kept, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headstart.planning.plan import Plan
from headstart.training import words
from headstart.training.arms import Arm, ways


@dataclass(frozen=True)
class Choice:
    """What became of a plan.

    planned  the way that it asks for first: "probe", "fine-tune" or "scratch"
    tried    every way, the probe first
    fallback the plan's
    done     what each way that was tried does, in words, by its name
    """

    planned: str
    tried: tuple[Arm, ...]
    fallback: str
    done: dict[str, str]

    @property
    def kept(self) -> Arm:
        """What the model is."""
        return next(arm for arm in self.tried if arm.chosen)

    @property
    def sentence(self) -> str:
        """All of it in words."""
        return words.choice(self)

    def to_dict(self) -> dict[str, Any]:
        """As --json has it."""
        return {
            "planned": self.planned,
            "tried": [arm.name for arm in self.tried],
            "kept": self.kept.name,
            "sentence": self.sentence,
        }


def choice(plan: Plan, kept: Plan, arms: Sequence[Arm]) -> Choice:
    """Of a plan, the plan that the model stands for, and every way that was tried."""
    planned = "probe" if plan.frozen else next(iter(ways(plan)))
    done = {name: words.doing(way) for name, way in ({} if plan.frozen else ways(plan)).items()}
    cut = kept.cut if kept.frozen else plan.probe_cut
    return Choice(planned, tuple(arms), plan.fallback, {"probe": words.frozen(cut), **done})

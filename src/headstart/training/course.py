"""Course: how one training went: how long it lasted, why it ended, and whether it learnt its pictures by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headstart.intervals import wilson
from headstart.training import patience

if TYPE_CHECKING:
    from headstart.planning.recipe import Recipe
    from headstart.training.epoch import Epoch

# A network knows its own pictures by heart where it has so much more of them right than of others. Below that the gap
# is what every network has.
BY_HEART = 0.10


def by_heart(own: float, others: float, n: int) -> bool:
    """Whether an accuracy on pictures that were learnt lies so far above that on n others that chance explains it not.

    The own pictures are as many or more; the 95 % intervals of both do not meet.
    """
    return own - others >= BY_HEART and wilson(own * n, n)[0] > wilson(others * n, n)[1]


@dataclass(frozen=True)
class Course:
    """How one training went.

    epochs, asked       how many it had, and how many its recipe has
    kept                the epoch whose weights were kept
    cut                 why it ended early: "patience", "time limit", or "" where it did not
    train_accuracy, selection_accuracy  after the kept epoch, in [0, 1]: of pictures that it learnt from, and of the
                        selection pictures; None where these were not scored
    n                   selection pictures
    turned              the epoch after which the loss of the selection pictures no longer fell; None where that was the
                        last one, or was not scored
    """

    epochs: int
    asked: int
    kept: int
    cut: str
    train_accuracy: float | None
    selection_accuracy: float | None
    n: int
    turned: int | None

    @property
    def by_heart(self) -> bool:
        """Whether it has so many more of its own pictures right than of others that it knows its own by heart.

        Never of a training that had less than half of its epochs: there the head is told of that was solved before.
        """
        if self.cut == "time limit" and 2 * self.epochs < self.asked:
            return False
        if self.train_accuracy is None or self.selection_accuracy is None:
            return False
        return by_heart(self.train_accuracy, self.selection_accuracy, self.n)

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "by_heart": self.by_heart}


def course(history: Sequence[Epoch], recipe: Recipe, n: int) -> Course:
    """Of the epochs of one training, at least one, the recipe that it had, and n selection pictures."""
    scores = [epoch.selection_accuracy for epoch in history if epoch.selection_accuracy is not None]
    kept = history[patience.chosen(scores, n) if recipe.patience and scores else -1]
    losses = [epoch.selection_loss for epoch in history if epoch.selection_loss is not None]
    turned = 1 + losses.index(min(losses)) if losses else None
    return Course(
        epochs=len(history),
        asked=recipe.epochs,
        kept=kept.epoch,
        cut=_cut(history, recipe, patience.ended(scores, recipe.patience, n)),
        train_accuracy=kept.train_accuracy,
        selection_accuracy=kept.selection_accuracy,
        n=n,
        turned=None if turned == len(history) else turned,
    )


def _cut(history: Sequence[Epoch], recipe: Recipe, lost_patience: bool) -> str:
    whole = history[-1].steps == history[0].steps  # a time limit may end the last epoch early
    if len(history) >= recipe.epochs and whole:
        return ""
    return "patience" if lost_patience and whole else "time limit"

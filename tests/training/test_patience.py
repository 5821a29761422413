"""When a training has gone on for too long, and which epoch is kept."""

from __future__ import annotations

from headstart.planning.recipe import Recipe
from headstart.training.course import by_heart, course
from headstart.training.epoch import Epoch
from headstart.training.patience import chosen, ended
from headstart.training.words import course as told


def epochs(*rows: tuple[float, float, float]) -> list[Epoch]:
    """Of (training accuracy, selection accuracy, selection loss)."""
    return [
        Epoch(
            epoch=number,
            train_loss=0.1,
            lr=1e-3,
            size=64,
            precision="fp32",
            threads=1,
            steps=4,
            seconds=1.0,
            selection_accuracy=new,
            selection_loss=loss,
            train_accuracy=own,
        )
        for number, (own, new, loss) in enumerate(rows, 1)
    ]


def test_a_lucky_early_epoch_ends_nothing_and_is_not_kept() -> None:
    """Hymenoptera, seed 0: the best of 49 pictures after epoch 2, by two pictures."""
    scores = [0.857, 0.878, 0.796, 0.816, 0.755, 0.796, 0.796, 0.816, 0.837]
    assert not any(ended(scores[:seen], 5, 49) for seen in range(1, 10))
    assert chosen(scores, 49) == 8


def test_a_training_that_falls_is_ended_and_its_best_epoch_kept() -> None:
    scores = [0.8, 0.9, 0.6, 0.55, 0.5]
    assert ended(scores, 3, 100)
    assert not ended(scores, 4, 100)
    assert not ended(scores, 0, 100)
    assert chosen(scores, 100) == 1


def test_learning_by_heart_is_said_with_its_numbers() -> None:
    found = course(epochs((0.8, 0.70, 0.9), (0.95, 0.72, 0.8), (0.99, 0.71, 1.1)), Recipe(epochs=3), 100)
    assert (found.by_heart, found.turned, found.kept, found.cut) == (True, 2, 3, "")
    assert told("fine-tune", found) == (
        "Training on from the pre-trained weights: all 3 epochs; right after epoch 3: 99 % of the pictures it learnt "
        "from, 71 % of others; it learns its own pictures by heart from epoch 3 on."
    )


def test_a_training_that_was_cut_short_says_by_what() -> None:
    falling = epochs((0.9, 0.9, 0.3), (0.99, 0.5, 1.0), (1.0, 0.5, 2.0))
    assert course(falling, Recipe(epochs=9, patience=2), 100).cut == "patience"
    assert course(falling, Recipe(epochs=9, patience=2), 100).kept == 1
    assert course(falling, Recipe(epochs=9, patience=0), 100).cut == "time limit"
    assert course(falling, Recipe(epochs=9, patience=0), 100).kept == 3


def test_by_heart_is_what_no_chance_explains() -> None:
    """One wrong of nine is 11 points behind all right, and says nothing."""
    assert not by_heart(1.0, 8 / 9, 9)
    assert by_heart(1.0, 0.89, 100)
    assert not by_heart(0.95, 0.90, 10_000)  # every network has such a gap

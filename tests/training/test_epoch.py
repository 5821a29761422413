"""What an epoch came to, and the record that metrics.jsonl, bundles and checkpoints hold of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headstart.training.epoch import Epoch

EPOCH = Epoch(epoch=2, train_loss=0.5, lr=1e-3, size=64, precision="fp32", threads=2, steps=7, seconds=1.25)
RECORD = {
    "epoch": 2,
    "train_loss": 0.5,
    "lr": 1e-3,
    "size": 64,
    "precision": "fp32",
    "threads": 2,
    "steps": 7,
    "seconds": 1.25,
}


def test_a_record_leaves_out_what_is_not_told() -> None:
    assert EPOCH.to_dict() == RECORD
    scored = replace(EPOCH, phase="scratch", epochs=9, selection_accuracy=0.0)
    assert scored.to_dict() == {**RECORD, "phase": "scratch", "epochs": 9, "selection_accuracy": 0.0}
    assert list(scored.to_dict())[:3] == ["phase", "epochs", "epoch"]
    assert list(scored.to_dict())[-2:] == ["selection_accuracy", "seconds"]


@pytest.mark.parametrize("epoch", [EPOCH, replace(EPOCH, phase="a", epochs=3, selection_accuracy=1.0)])
def test_a_record_is_read_as_it_was_written(epoch: Epoch) -> None:
    assert Epoch.from_dict(epoch.to_dict()) == epoch


def test_a_record_that_lacks_a_value_is_refused() -> None:
    with pytest.raises(TypeError, match="seconds"):
        Epoch.from_dict({key: value for key, value in RECORD.items() if key != "seconds"})

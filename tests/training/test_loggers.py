"""Where epochs are written: a file, TensorBoard, Weights & Biases; the last two by stand-ins for their packages."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from headstart import extras
from headstart.errors import HeadstartError, OutputError
from headstart.training.epoch import Epoch
from headstart.training.loggers import Logger, MetricsFile, TensorBoard, WandB

FIRST = Epoch(
    phase="scratch",
    epochs=2,
    epoch=1,
    train_loss=0.5,
    lr=1e-3,
    size=64,
    precision="fp32",
    threads=2,
    steps=7,
    selection_accuracy=0.75,
    seconds=1.25,
)
SECOND = replace(FIRST, epoch=2, selection_accuracy=None)


def _told(logger: Logger) -> None:
    for epoch in (FIRST, SECOND):
        logger.log(epoch)
    logger.close()


def test_a_metrics_file_has_a_line_for_each_epoch(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    _told(MetricsFile(file))
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [Epoch.from_dict(json.loads(line)) for line in lines] == [FIRST, SECOND]
    with pytest.raises(OutputError, match="nowhere"):
        MetricsFile(tmp_path / "nowhere" / "metrics.jsonl").log(FIRST)


def test_tensorboard_has_a_curve_for_each_quantity(tmp_path: Path, monkeypatch) -> None:
    written: list[tuple[Any, ...]] = []

    class SummaryWriter:
        def __init__(self, folder: str) -> None:
            assert folder == str(tmp_path)

        def add_scalar(self, *facts: Any) -> None:
            written.append(facts)

        def flush(self) -> None:
            written.append(("flush",))

        def close(self) -> None:
            written.append(("close",))

    module = ModuleType("torch.utils.tensorboard")
    monkeypatch.setattr(module, "SummaryWriter", SummaryWriter, raising=False)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    _told(TensorBoard(tmp_path))
    assert ("scratch/train_loss", 0.5, 1) in written
    assert [facts for facts in written if facts[0] == "scratch/selection_accuracy"] == [
        ("scratch/selection_accuracy", 0.75, 1)
    ]
    assert written.count(("flush",)) == 2
    assert written[-1] == ("close",)


@pytest.mark.parametrize(("environment", "mode"), [(None, "offline"), ("online", "online")])
def test_weights_and_biases_stays_on_this_machine_unless_told_otherwise(
    monkeypatch, environment, mode
) -> None:
    done: list[Any] = []

    class Run:
        log = staticmethod(done.append)

        def finish(self) -> None:
            done.append("finished")

    def init(**options: str) -> Run:
        done.append(options)
        return Run()

    module = ModuleType("wandb")
    monkeypatch.setattr(module, "init", init, raising=False)
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    if environment:
        monkeypatch.setenv("WANDB_MODE", environment)
    _told(WandB("flowers"))
    options, first, second, last = done
    assert options == {"project": "flowers", "mode": mode}
    assert first == {
        "scratch/train_loss": 0.5,
        "scratch/selection_accuracy": 0.75,
        "scratch/lr": 1e-3,
        "scratch/size": 64,
        "scratch/seconds": 1.25,
        "scratch/epoch": 1,
    }
    assert second["scratch/epoch"] == 2
    assert last == "finished"


@pytest.mark.parametrize(
    ("module", "package", "made"),
    [
        ("torch.utils.tensorboard", "tensorboard", lambda: TensorBoard(Path("runs"))),
        ("wandb", "wandb", lambda: WandB("flowers")),
    ],
)
def test_a_package_that_lacks_is_named_with_its_extra(monkeypatch, module, package, made) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(HeadstartError) as caught:
        made()
    assert str(caught.value).endswith(extras.command(package))
    assert "\n" not in str(caught.value)

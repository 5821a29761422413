"""--folds K: every picture is named once, by a model that did not learn from it; the last model learns from all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headstart.errors import DataError
from headstart.job import calls


@pytest.fixture(scope="module")
def run(shapes: Path, backbone: Path, tmp_path_factory):
    return calls.train(
        shapes, backbone=str(backbone), case=1, folds=3, output=tmp_path_factory.mktemp("folds") / "run"
    )


def test_every_picture_is_proved_once_and_all_are_trained_on(run) -> None:
    dataset, partition = run.prepared.dataset, run.prepared.partition
    assert run.evaluation.n == len(dataset) == len(partition.train)
    assert (run.evaluation.labels == dataset.labels[run.index]).all()
    assert [fold.split for fold in run.folds] == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]
    assert sum(fold.n for fold in run.folds) == len(dataset)
    right = sum(int(fold.correct.sum()) for fold in run.folds)
    assert right == int(run.evaluation.correct.sum())


def test_a_picture_s_answer_is_that_of_the_fold_it_was_apart_in(run) -> None:
    """The pooled probabilities, in the pictures' order, are the folds' own."""
    pooled = sorted(map(tuple, np.concatenate([fold.probabilities for fold in run.folds]).tolist()))
    assert sorted(map(tuple, run.evaluation.probabilities.tolist())) == pooled


def test_baselines_are_pooled_too(run) -> None:
    majority, random = run.baselines
    assert (majority.n, random.n) == (run.evaluation.n, run.evaluation.n)
    assert run.evaluation.accuracy - majority.accuracy == pytest.approx(majority.lead)


def test_it_is_written_and_told(run, headstart, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    assert "proved in 3 folds" in (run.folder / "report.html").read_text(encoding="utf-8")
    assert len((run.folder / "predictions.csv").read_text().splitlines()) == run.evaluation.n + 1
    assert calls.evaluate(run.folder / "bundle", shapes).trained_on == run.evaluation.n
    said = headstart(
        "train", shapes, "--backbone", backbone, "--case", 1, "--folds", 2, "-o", tmp_path / "r", "--quiet"
    )
    assert (said.code, "each fold (pictures)" in said.out) == (0, True), said.err


def test_more_folds_than_groups_are_refused(shapes: Path, backbone: Path) -> None:
    with pytest.raises(DataError, match="folds: 99"):
        calls.train(shapes, backbone=str(backbone), case=1, folds=99)

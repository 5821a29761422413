"""What is told is what was kept, and every way can be asked for and seen."""

from __future__ import annotations

import pytest

import headstart
from tests.cli.conftest import tree

RECIPE = {"epochs": 1, "batch_size": 16, "train_precision": "fp32"}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    return str(tree(tmp_path_factory.mktemp("kept") / "data", names=("circle", "cross", "square"), each=20))


@pytest.mark.parametrize(("case", "way"), [(3, "fine-tune"), (4, "scratch")])
def test_without_a_fallback_training_is_what_is_returned(shapes, case, way) -> None:
    run = headstart.train(shapes, backbone="demo-cnn", case=case, fallback="none", **RECIPE)
    assert run.choice.kept.name == way
    assert not run.kept.frozen
    assert run.hindsight[way].accuracy == run.evaluation.accuracy
    assert set(run.hindsight) == {"probe", way}


def test_case_2_without_a_fallback_is_its_own_probe(shapes) -> None:
    run = headstart.train(shapes, backbone="demo-cnn", case=2, cut="conv2", fallback="none")
    assert (run.kept.cut, run.choice.kept.name) == (("conv2",), "probe")
    (arm,) = run.to_dict()["arms"]
    assert arm["report"]["accuracy"] == run.evaluation.accuracy
    assert arm["train_accuracy"] >= arm["accuracy"]


def test_where_training_is_not_kept_the_report_shows_the_probe(shapes) -> None:
    """A rate of nearly nothing: training names no more pictures rightly than the probe."""
    run = headstart.train(shapes, backbone="demo-cnn", case=3, lr=1e-9, **RECIPE)
    assert (run.choice.planned, run.choice.kept.name) == ("fine-tune", "probe")
    page = run.report().html
    assert run.choice.sentence.split(". Kept: ")[1][:30] in page
    assert 'class="is-frozen"' in page
    assert 'class="is-trained"' not in page
    assert {arm["name"] for arm in run.to_dict()["arms"] if arm["report"]} == {"probe", "fine-tune"}


def test_what_the_report_tells_is_worked_out_once(shapes, tmp_path, monkeypatch) -> None:
    from headstart.job import run as job_run
    from headstart.screening import labels

    asked = []
    judge, explained = labels.judge, job_run.explained_pictures
    monkeypatch.setattr(labels, "judge", lambda *given: asked.append("labels") or judge(*given))
    monkeypatch.setattr(
        job_run, "explained_pictures", lambda *given: asked.append("explained") or explained(*given)
    )
    run = headstart.train(shapes, backbone="demo-cnn", case=1)
    kept = run.save(tmp_path / "run")
    kept.report()
    kept.to_dict()
    assert sorted(asked) == ["explained", "labels"]
    assert (kept.suspects, kept.sureness) == (run.suspects, run.sureness)

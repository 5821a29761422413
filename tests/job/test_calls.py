"""The verbs as functions: the same job as the command line does, with folders only where they are asked for."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.cli import verbs
from headstart.errors import OptionError, OutputError, PlanError
from headstart.job import calls, options

CALLS = ("train", "plan", "compare", "evaluate", "predict", "pretrain", "inspect")


@pytest.fixture(scope="module")
def run(shapes: Path, backbone: Path):
    return calls.train(shapes, backbone=str(backbone), case=1)


def test_a_run_lives_in_memory_where_no_folder_is_named(run, tmp_path, monkeypatch) -> None:
    assert run.folder is None
    assert run.model.classes == ("circle", "cross")
    assert run.evaluation.n == len(run.prepared.partition.report)
    assert (run.plan.case, run.kept.case) == (1, 1)
    assert "<html" in run.report().html


def test_the_command_line_and_the_call_come_to_the_same(headstart, run, shapes, backbone, tmp_path) -> None:
    said = headstart("train", shapes, "--backbone", backbone, "--case", 1, "-o", tmp_path / "run", "--json")
    told = json.loads(said.out)
    own = json.loads(json.dumps(run.to_dict()))
    assert {key for key in own if own[key] != told[key]} == {"run", "bundle", "report"}
    assert own["run"] is None


def test_save_writes_what_the_command_line_writes(run, trained: Path, tmp_path: Path) -> None:
    kept = run.save(tmp_path / "run")
    assert kept.folder == tmp_path / "run"
    names = {path.relative_to(trained).as_posix() for path in trained.rglob("*")}
    assert {path.relative_to(kept.folder).as_posix() for path in kept.folder.rglob("*")} == names
    assert (kept.folder / "predictions.csv").read_text() == (trained / "predictions.csv").read_text()
    with pytest.raises(OutputError, match="run"):
        run.save(tmp_path / "run")


def test_output_keeps_the_run(shapes: Path, backbone: Path, tmp_path: Path) -> None:
    run = calls.train(shapes, backbone=str(backbone), case=1, output=tmp_path / "run")
    assert run.folder == tmp_path / "run"
    assert (tmp_path / "run" / "report.html").is_file()
    loaded = hs.load(tmp_path / "run" / "bundle")
    picture = str(next(shapes.glob("*/*.png")))
    assert np.abs(loaded.probabilities(picture) - run.model.probabilities(picture)).max() < 1e-5


def test_every_epoch_is_told(shapes: Path, backbone: Path) -> None:
    seen = []
    run = calls.train(
        shapes, backbone=str(backbone), case=3, epochs=2, batch_size=16, on_epoch=seen.append, fallback="none"
    )
    assert len(seen) == 2
    assert run.kept.case in (0, 3)
    assert not run.kept.frozen


def test_a_plan_is_measured_edited_and_done(shapes: Path, backbone: Path) -> None:
    planned = calls.plan(shapes, backbone=str(backbone))
    assert planned.evidence is not None
    assert planned.prospects
    run = calls.train(shapes, plan=planned.plan, backbone=str(backbone))
    assert run.evidence is None
    assert run.plan == planned.plan
    with pytest.raises(PlanError, match="seed"):
        calls.train(shapes, plan=planned.plan, backbone=str(backbone), seed=7)


def test_a_model_is_held_against_pictures(run, trained: Path, shapes: Path) -> None:
    for model in (run, run.model, trained / "bundle"):
        found = calls.evaluate(model, shapes, split="all")
        assert found.evaluation.n == len(run.prepared.dataset)
    assert found.trained_on == len(run.prepared.partition.train)
    with pytest.raises(OptionError, match="held-out"):
        calls.evaluate(run, shapes, split="valid")


def test_pictures_are_named_and_what_cannot_be_used_is_set_aside(run, shapes: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG\r\n\x1a\n")
    found = calls.predict(run, [shapes / "circle", torn])
    assert len(found.paths) == len(list((shapes / "circle").iterdir()))
    assert [one.path for one in found.left_out] == [str(torn)]
    assert found.ranked(1)[0].top[0].label in run.model.classes


def test_a_network_is_drawn() -> None:
    assert "conv3" in str(calls.inspect("demo-cnn", case=2))


def test_a_run_shows_itself_in_a_notebook_with_its_text_escaped(run) -> None:
    from dataclasses import replace

    shown = replace(run, model=replace(run.model, classes=("<b>", "cross")))._repr_html_()
    assert "&lt;b&gt;" in shown
    assert f"{100 * run.evaluation.accuracy:.1f} %" in shown
    assert "<script" not in run.report()._repr_html_().replace("&lt;", "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"case": 5}, "case 5: expected one of 1, 2, 3, 4"),
        ({"seed": -1}, "seed -1: expected a whole number of at least 0"),
        ({"time_limit": "soon"}, "time_limit 'soon': expected a time such as 90s"),
        ({"force": True, "resume": True}, "force and resume"),
        ({"optimizer": "adam"}, "optimizer 'adam': expected one of adamw"),
    ],
)
def test_options_that_cannot_be_are_one_line(given, said: str) -> None:
    with pytest.raises(OptionError) as error:
        options.Options(**given)
    assert said in str(error.value)


def test_an_option_that_there_is_not_is_a_type_error(shapes: Path) -> None:
    with pytest.raises(TypeError, match="did you mean 'epochs'"):
        calls.train(shapes, epocs=3)


@pytest.mark.parametrize(("limit", "seconds"), [("90s", 90), ("1h30m", 5400), (12, 12), ("2.5m", 150)])
def test_a_time_limit_is_seconds(limit, seconds: float) -> None:
    assert options.Options(time_limit=limit).limit == seconds


def test_flags_and_options_have_the_same_names() -> None:
    known = {entry.name for entry in fields(options.Options)}
    for verb in ("train", "plan", "compare"):
        flags = {action.dest for action in verbs.parser().parse_args([verb, "x"]).parser._actions}
        shown = {"help", "json", "quiet", "debug"} | ({"why"} if verb != "compare" else set())
        assert flags - known == shown
    flags = {action.dest for action in verbs.parser().parse_args(["train", "x"]).parser._actions}
    assert known - flags == {"command", *options.LOOKING}


@pytest.mark.parametrize("name", CALLS)
def test_calls_are_public_and_show_their_options(name: str) -> None:
    call = getattr(calls, name)
    assert name in hs.__all__
    assert "Raises" in call.__doc__ or "raised" in call.__doc__
    if name in ("train", "plan", "compare", "pretrain"):
        shown = set(inspect.signature(call).parameters)
        assert {"epochs", "seed"} <= shown
        assert not shown & {"command", *options.UNUSED[name]}

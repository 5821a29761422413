"""What is asked of a call is done, or refused in one line: no option is taken and ignored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.errors import DataError, OptionError, OutputError, PlanError
from headstart.job import calls, options
from headstart.job.options import CHOICES, UNUSED

QUICK = {"case": 3, "epochs": 1, "batch_size": 16, "fallback": "none"}


@pytest.mark.parametrize("verb", ["train", "compare", "pretrain"])
def test_a_run_begun_from_python_goes_on(verb: str, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    call = getattr(calls, verb)
    own = {
        "train": {"backbone": str(backbone), **QUICK},
        "compare": {"backbone": str(backbone), "epochs": 1},
        "pretrain": {"epochs": 1, "batch_size": 16, "image_size": 32},
    }[verb]
    call(shapes, output=tmp_path / "run", **own)
    call(shapes, output=tmp_path / "run", resume=True, **own)
    other = "compare" if verb == "train" else "train"
    with pytest.raises(OutputError, match=f"holds a run of `headstart {verb}`"):
        getattr(calls, other)(shapes, backbone=str(backbone), output=tmp_path / "run", resume=True)


def test_a_run_of_the_command_line_keeps_its_command(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    command = ("train", shapes, "--backbone", backbone, "--case", 1, "--quiet", "-o", tmp_path / "run")
    assert headstart(*command).code == 0
    calls.train(shapes, backbone=str(backbone), case=1, output=tmp_path / "run", resume=True)
    assert headstart(*command, "--resume").code == 0


def test_nothing_is_switched_off_in_silence(shapes: Path, backbone: Path) -> None:
    plan = calls.plan(shapes, backbone=str(backbone), case=3, patience=5, ema=0.5, mixup=0.3).plan
    run = calls.train(
        shapes, plan=plan, backbone=str(backbone), epochs=1, patience=0, ema=0, mixup=0, warmup=0
    )
    recipe = run.plan.recipe
    assert (recipe.patience, recipe.ema, recipe.mixup, recipe.warmup) == (0, 0.0, 0.0, 0.0)
    assert "patience 5 → 0" in run.plan.reasons[-1]


def test_values_of_training_that_nothing_uses_are_told(shapes: Path, backbone: Path, said) -> None:
    calls.plan(shapes, backbone=str(backbone), case=1, epochs=5, weight_decay=0.1)
    assert [line for line in said if "not used" in line] == [
        "--epochs, --weight-decay: not used, since the plan trains no stage; --case 3 or 4 trains"
    ]
    said.clear()
    calls.plan(shapes, backbone=str(backbone), case=3, epochs=5)
    assert not [line for line in said if "not used" in line]


def test_a_plan_is_done_on_the_backbone_that_it_was_made_for(shapes: Path, backbone: Path) -> None:
    network = hs.load_backbone(str(backbone))
    prepared = calls.plan(shapes, backbone=network)
    assert calls.train(shapes, plan=prepared, backbone=network).plan == prepared.plan
    assert calls.train(shapes, plan=prepared.plan, backbone=backbone).plan == prepared.plan
    with pytest.raises(PlanError, match="--backbone demo-cnn"):
        calls.train(shapes, plan=prepared, backbone=hs.load_backbone("demo-cnn"))


def test_a_run_knows_its_pictures_again(shapes: Path, backbone: Path, tmp_path: Path) -> None:
    run = calls.train(shapes, backbone=str(backbone), case=1)
    kept = run.save(tmp_path / "run")
    for model in (run, kept.folder / "bundle", kept.folder):
        found = calls.evaluate(model, shapes)
        assert (found.evaluation.split, found.evaluation.n, found.trained_on) == (
            "held-out",
            run.evaluation.n,
            0,
        )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epochs": 2.5}, "epochs is 2.5; expected a whole number"),
        ({"epochs": True}, "epochs is True"),
        ({"epochs": "3"}, "epochs is '3'; expected a whole number"),
        ({"lr": "fast"}, "lr is 'fast'; expected a number"),
        ({"label_smoothing": 2}, "label_smoothing is 2.0; expected 0 or more, below 1"),
        ({"image_size": "64"}, "image_size '64': expected a whole number"),
        ({"mean": 0.5}, "mean 0.5: expected three numbers"),
        ({"lr_scale": {"stem": "0.1"}}, "lr_scale stem='0.1': expected a number"),
        ({"lr_scale": "stem=0.1"}, "lr_scale 'stem=0.1': expected a mapping"),
        ({"freeze_below": "nope"}, "stage 'nope': "),
        ({"cut": ""}, "cut '': expected a stage"),
        ({"without": "red"}, "'red'"),
        ({"log": "mlflow=x"}, "log 'mlflow=x'"),
        ({"device": None}, None),
        ({"backbone": torch.nn.Linear(2, 2)}, "headstart.backbone_of makes one"),
        ({"weights": "x.pth"}, "weights: "),
    ],
    ids=str,
)
def test_values_of_another_kind_are_one_line(given, said, shapes: Path, backbone: Path) -> None:
    network = hs.load_backbone(str(backbone)) if "weights" in given else str(backbone)
    with pytest.raises((OptionError, PlanError, DataError, TypeError)) as error:
        calls.train(
            shapes, **{"backbone": network, "case": 3, **given, **({"device": 3} if said is None else {})}
        )
    assert "\n" not in str(error.value)
    assert (said or "device 3") in str(error.value)


def test_numbers_of_numpy_are_numbers(shapes: Path, backbone: Path, tmp_path: Path) -> None:
    given = {**QUICK, "epochs": np.int64(1), "lr": np.float32(0.01), "seed": np.int64(3)}
    run = calls.train(shapes, backbone=str(backbone), output=tmp_path / "run", **given)
    assert hs.load(run.folder).plan.recipe.epochs == 1
    assert run.plan.seed == 3


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("plan", {"folds": 3}),
        ("plan", {"time_limit": 5}),
        ("compare", {"folds": 3}),
        ("compare", {"log": "tensorboard=x"}),
        ("pretrain", {"case": 1, "output": "x"}),
        ("pretrain", {"precision": "bf16", "output": "x"}),
        ("inspect", {"epochs": 3}),
    ],
    ids=str,
)
def test_what_a_verb_has_no_use_for_is_refused(verb: str, given, shapes: Path) -> None:
    name = next(key for key in given if key != "output")
    with pytest.raises(OptionError, match=f"{name}: {verb} has no use for it"):
        getattr(calls, verb)("demo-cnn" if verb == "inspect" else shapes, **given)


def test_what_is_unused_is_an_option() -> None:
    import dataclasses

    known = {entry.name for entry in dataclasses.fields(options.Options)}
    assert all(set(names) <= known for names in UNUSED.values())


def test_choices_are_those_of_the_rooms() -> None:
    from headstart import runtime
    from headstart.heads import head
    from headstart.planning import plan, recipe

    rooms = {
        "init": plan.INITS,
        "fallback": plan.FALLBACKS,
        "head_init": head.HEAD_INITS,
        "class_weight": head.CLASS_WEIGHTS,
        "optimizer": recipe.OPTIMIZERS,
        "augment": recipe.AUGMENTS,
        "train_precision": recipe.PRECISIONS,
        "runtime": runtime.RUNTIMES,
        "precision": ("auto", *runtime.PRECISIONS),
        "keep_features": runtime.KEEPS,
    }
    assert {name: CHOICES[name] for name in rooms} == rooms
    assert {name: own for name, own in recipe.ARGUMENTS.items() if name in options.RECIPE} == options.RECIPE
    assert set(options.RECIPE) == set(recipe.ARGUMENTS)


def test_too_many_folds_leave_no_folder(shapes: Path, backbone: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="folds: 99"):
        calls.train(shapes, backbone=str(backbone), case=1, folds=99, output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_folds_tell_their_epochs_and_a_plan_counts_in_them(shapes: Path, backbone: Path) -> None:
    seen = []
    calls.train(shapes, backbone=str(backbone), folds=2, on_epoch=seen.append, **QUICK)
    assert len(seen) == 3


def test_pictures_in_memory_are_not_printed(shapes: Path, backbone: Path) -> None:
    run = calls.train(shapes, backbone=str(backbone), case=1)
    for picture in (np.zeros((9, 9, 3), np.uint8), b"GIF89a"):
        with pytest.raises(DataError, match="takes files, folders and globs") as error:
            calls.predict(run, picture)
        assert len(str(error.value)) < 200


def test_results_are_short_where_a_notebook_prints_them(shapes: Path, backbone: Path) -> None:
    planned = calls.plan(shapes, backbone=str(backbone))
    for shown in (planned, calls.inspect("demo-cnn")):
        assert len(repr(shown)) < 200
        assert shown._repr_html_().startswith("<pre>")
    run = calls.train(shapes, backbone=str(backbone), case=1)
    assert len(repr(calls.evaluate(run, shapes))) < 200
    assert len(repr(calls.predict(run, shapes / "circle"))) < 200

"""Every bad input of the list: exit 2, one line that names the thing, and nothing lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import tree


def nothing(data: Path) -> None:
    shutil.rmtree(data)


def empty(data: Path) -> None:
    shutil.rmtree(data)
    data.mkdir()


def empty_classes(data: Path) -> None:
    for path in data.rglob("*.png"):
        path.unlink()


def one_class(data: Path) -> None:
    shutil.rmtree(data / "cross")


def two_pictures(data: Path) -> None:
    for number in range(2, 14):
        (data / "cross" / f"{number:02}.png").unlink()


def other_classes(data: Path) -> None:
    whole = data.rename(data.with_name("whole"))
    shutil.copytree(whole, data / "train")
    shutil.copytree(whole, data / "val")
    (data / "val" / "cross").rename(data / "val" / "star")


def only_broken(data: Path) -> None:
    for path in data.rglob("*.png"):
        path.write_bytes(b"\x89PNG\r\n")


def as_it_is(data: Path) -> None:
    pass


DATA = [
    (nothing, [], "no such"),
    (empty, [], "no class folders"),
    (empty_classes, [], "no pictures"),
    (one_class, [], "one class"),
    (two_pictures, [], "'cross' (2)"),
    (other_classes, [], "star"),
    (only_broken, [], "no pictures"),
    (as_it_is, ["--group-regex", "("], "group regex"),
]


@pytest.mark.parametrize(("spoil", "flags", "said"), DATA, ids=[spoil.__name__ for spoil, *_ in DATA])
def test_pictures_that_cannot_be_used(
    headstart, tmp_path: Path, backbone: Path, spoil: Callable[[Path], None], flags: list[str], said: str
) -> None:
    data = tree(tmp_path / "data")
    spoil(data)
    answer = headstart("train", data, "--backbone", backbone, "-o", tmp_path / "run", "--quiet", *flags)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert not (tmp_path / "run").exists()


def test_too_many_bad_files(headstart, tmp_path: Path) -> None:
    data = tree(tmp_path / "data")
    (data / "circle" / "torn.png").write_bytes(b"")
    answer = headstart("plan", data, "--max-bad", 0, "-o", tmp_path / "plan.toml", "--quiet")
    assert answer.code == 2
    assert "torn.png" in answer.err
    assert not (tmp_path / "plan.toml").exists()


NETWORK = [
    (["--backbone", "demo-cmm"], "'demo-cmm' is unknown"),
    (["--backbone", "timm:resnet19"], "resnet19"),
    (["--backbone", "torchvision:vgg12"], "vgg12"),
    (["--cut", "nowhere"], "nowhere"),
    (["--weights", "missing.safetensors"], "missing.safetensors"),
    (["--case", "1", "--init", "random"], "case 1"),
]


@pytest.mark.parametrize(("flags", "said"), NETWORK, ids=[" ".join(flags) for flags, _ in NETWORK])
def test_networks_that_cannot_be_used(
    headstart, shapes: Path, backbone: Path, tmp_path: Path, flags: list[str], said: str
) -> None:
    own = [] if "--backbone" in flags else ["--backbone", backbone]
    answer = headstart("train", shapes, *own, *flags, "-o", tmp_path / "run", "--quiet")
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert not (tmp_path / "run").exists()


def test_weights_that_do_not_fit_name_keys_and_shapes(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
):
    import numpy as np
    from safetensors.numpy import load_file, save_file

    tensors = load_file(backbone / "model.safetensors")
    name = next(key for key, value in tensors.items() if value.ndim == 4)
    tensors[name] = np.zeros((1, 2, 3, 4), np.float32)
    save_file(tensors, tmp_path / "other.safetensors")
    answer = headstart(
        "plan", shapes, "--backbone", backbone, "--weights", tmp_path / "other.safetensors", "--quiet"
    )
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert name in answer.err
    assert "2, 3, 4" in answer.err


@pytest.fixture(scope="module")
def plan_text(shapes: Path, backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    from headstart.cli.main import main

    file = tmp_path_factory.mktemp("plan") / "plan.toml"
    command = ["plan", shapes, "--backbone", backbone, "--case", 1, "-o", file, "--quiet", "--json"]
    assert main([str(arg) for arg in command]) == 0
    return file.read_text(encoding="utf-8")


PLANS = [
    ("case = 1", "case = 7", [], "case is 7"),
    ('init = "pretrained"', 'init = "borrowed"', [], "borrowed"),
    ("lr_scale = 0.0", "lr_scale = -1.0", [], "lr_scale"),
    ("rows = [", "row = [", [], "unknown key 'row'"),
    ('stage = "', 'stage = "x', [], "not a stage"),
    ('backbone = "', 'backbone = "x', [], "no such folder"),
    ('weights_sha256 = "', 'weights_sha256 = "x', [], "other weights"),
    ("image_size = 64", "image_size = 0", [], "image_size is 0; expected 1 or more"),
    ("image_size = 64", "image_size = 96", [], "image_size"),
    ('runtime = "auto"', 'runtime = "fast"', [], "runtime is 'fast'; expected one of auto"),
    ("seed = 0", "seed = zero", [], "TOML"),
    ("", "", ["--seed", "5"], "--seed 5: "),
    ("", "", ["--epochs", "77"], "--epochs 77: "),
    ("", "", ["--case", "3"], "--case 3: "),
    ("", "", ["--backbone", "demo-cnn"], "--backbone demo-cnn: "),
    ("", "", ["--size", "large"], "--size: changes nothing"),
]


@pytest.mark.parametrize(("old", "new", "flags", "said"), PLANS, ids=[f"{n}{f}" for _, n, f, _ in PLANS])
def test_plans_that_do_not_hold(
    headstart, shapes: Path, tmp_path: Path, plan_text: str, old: str, new: str, flags: list[str], said: str
) -> None:
    assert old in plan_text
    file = tmp_path / "plan.toml"
    file.write_text(plan_text.replace(old, new) if old else plan_text, encoding="utf-8")
    answer = headstart("train", shapes, "--plan", file, "-o", tmp_path / "run", "--quiet", *flags)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert str(file) in answer.err
    assert not (tmp_path / "run").exists()


def test_a_plan_for_another_network_is_not_drawn_on_this_one(
    headstart, tmp_path: Path, plan_text: str
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(plan_text, encoding="utf-8")
    answer = headstart("inspect", "demo-cnn", "--plan", file, "--quiet")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert f"{file}: row 'stem' is not a stage of demo-cnn" in answer.err


def test_a_plan_that_is_not_there(headstart, shapes: Path, tmp_path: Path) -> None:
    answer = headstart("train", shapes, "--plan", tmp_path / "none.toml", "-o", tmp_path / "run")
    assert answer.code == 2
    assert "none.toml: cannot be read" in answer.err


def test_a_used_folder_is_left_alone(headstart, shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear diary")
    for flags, said in ([], "no env.json"), (["--force"], "no env.json"), (["--resume"], "no run to resume"):
        answer = headstart("train", shapes, "-o", tmp_path, "--quiet", *flags)
        assert answer.code == 2
        assert said in answer.err
    assert (tmp_path / "diary.txt").read_text() == "dear diary"


def test_a_used_folder_of_a_run_names_every_way_on(headstart, shapes: Path, backbone: Path, trained: Path):
    for verb in ("train", "compare"):
        answer = headstart(verb, shapes, "--backbone", backbone, "-o", trained, "--quiet")
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert all(
            f" {flag}" in answer.err for flag in (f"{trained}: already in use", "--resume", "--force", "-o")
        )


def test_force_keeps_the_former_run_until_the_new_one_can_begin(
    headstart, trained: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(trained, folder)
    answer = headstart("train", tmp_path / "nowhere", "-o", folder, "--force", "--quiet")
    assert answer.code == 2
    assert (folder / "report.html").is_file()


USAGE = [
    (["--backbone", "demo-cmm"], "'demo-cmm' is unknown"),
    (["--backbone", "."], "holds no backbone"),
    (["--device", "mps"], "--device mps"),
    (["--cut", "nowhere"], "nowhere"),
    (["--case", "1", "--init", "random"], "case 1"),
    (["--case", "1", "--cut", "conv2"], "case 1 keeps every stage"),
    (["--group-regex", "("], "group regex"),
    (["--plan", "none.toml"], "none.toml: cannot be read"),
]


@pytest.mark.parametrize(("flags", "said"), USAGE, ids=[" ".join(flags) for flags, _ in USAGE])
def test_mistakes_in_flags_are_said_before_a_used_folder_and_before_pictures_are_read(
    headstart, shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], said: str
) -> None:
    def never(*_args: object, **_more: object) -> None:
        raise AssertionError("pictures are read")

    monkeypatch.setattr("headstart.data.load", never)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    (tmp_path / "diary.txt").write_text("dear diary")
    own = [] if {"--backbone", "--plan"} & set(flags) else ["--backbone", "demo-cnn"]
    answer = headstart("train", shapes, *own, *flags, "-o", tmp_path, "--quiet")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert said in answer.err
    right = headstart("train", shapes, "--backbone", "demo-cnn", "-o", tmp_path, "--quiet")
    assert (right.code, str(tmp_path) in right.err) == (2, True)


def test_a_plan_file_is_not_overwritten(headstart, shapes: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("mine")
    answer = headstart("plan", shapes, "-o", file, "--quiet")
    assert answer.code == 2
    assert "--force" in answer.err
    assert file.read_text() == "mine"


def test_a_bundle_that_is_none(headstart, shapes: Path, tmp_path: Path) -> None:
    for command in (["evaluate", tmp_path, shapes], ["predict", tmp_path, shapes]):
        answer = headstart(*command)
        assert answer.code == 2
        assert "no bundle" in answer.err


def test_classes_that_the_bundle_does_not_know(headstart, trained: Path, tmp_path: Path) -> None:
    data = tree(tmp_path / "data", names=("circle", "square"))
    answer = headstart("evaluate", trained / "bundle", data, "--quiet")
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "square" in answer.err


def test_splits_that_are_not_there(headstart, trained: Path, shapes: Path, tmp_path: Path) -> None:
    answer = headstart("evaluate", trained / "bundle", shapes, "--split", "test", "--quiet")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    other = tree(tmp_path / "other", seed=11)
    answer = headstart("evaluate", trained / "bundle", other, "--split", "held-out", "--quiet")
    assert (answer.code, answer.err.count("\n")) == (2, 1)


def test_no_usable_picture_to_predict(headstart, trained: Path, tmp_path: Path) -> None:
    for name in ("torn.png", "worn.png"):
        (tmp_path / name).write_bytes(b"\x89PNG")
    answer = headstart("predict", trained / "bundle", tmp_path / "torn.png")
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "torn.png" in answer.err
    both = headstart("predict", trained / "bundle", tmp_path / "torn.png", tmp_path / "worn.png")
    assert [both.err.count(name) for name in ("torn.png", "worn.png")] == [1, 1]
    assert headstart("predict", trained / "bundle", tmp_path / "none.png").code == 2


def test_a_device_that_is_not_there(headstart, shapes: Path, backbone: Path) -> None:
    import torch

    absent = "cuda" if not torch.cuda.is_available() else "mps"
    answer = headstart("plan", shapes, "--backbone", backbone, "--device", absent, "--quiet")
    assert answer.code == 2
    assert f"--device {absent}" in answer.err

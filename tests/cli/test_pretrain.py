"""headstart pretrain through the command line: a folder of pictures becomes a backbone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headstart.backbone import folder as folders
from headstart.backbone import load
from tests.cli.conftest import tree

QUICK = ("--epochs", 2, "--batch-size", 8, "--image-size", 32, "--quiet")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of shapes, as class folders."""
    return tree(tmp_path_factory.mktemp("three") / "shapes", names=("circle", "cross", "square"), each=10)


def test_a_folder_becomes_a_backbone_that_train_takes(headstart, three: Path, tmp_path: Path) -> None:
    notes = tmp_path / "terms.md"
    notes.write_text("## Terms\n\nFor research and study.\n", encoding="utf-8")
    folder = tmp_path / "net"
    flags = ("--optimizer", "adamw", "--start-size", 24, "--precision", "fp32", "--ema", 0, "--notes", notes)
    answer = headstart("pretrain", three, "-o", folder, *QUICK, *flags, "--json")
    assert (answer.code, answer.err) == (0, "")
    said = json.loads(answer.out)
    assert said["network"] == "small"
    assert said["splits"]["held-out"]["n"] == 6
    card = folders.read_card(folder)
    assert card.training["command"].startswith("headstart pretrain ")
    recipe = card.training["recipe"]
    assert (recipe["optimizer"], recipe["start_size"], recipe["precision"], recipe["ema"]) == (
        "adamw",
        24,
        "fp32",
        0,
    )
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.rstrip().endswith("For research and study.")
    assert (folder / "filters.png").read_bytes().startswith(b"\x89PNG")
    answer = headstart("train", three, "--backbone", folder, "-o", tmp_path / "run", "--quiet", "--case", 1)
    assert answer.code == 0


def test_classes_can_be_left_out_for_later_as_unseen_targets(headstart, three: Path, tmp_path: Path) -> None:
    listed = tmp_path / "unseen.txt"
    listed.write_text("# kept for later\ncross   # not a shape that closes\n\n", encoding="utf-8")
    folder = tmp_path / "twin"
    assert headstart("pretrain", three, "-o", folder, *QUICK, "--without", listed).code == 0
    card = folders.read_card(folder)
    assert card.source.classes == ("circle", "square")
    assert card.training["pictures"] + card.training["n"] == 20


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--without", "no-such-file"), "no class 'no-such-file' to leave out (--without), nor a file"),
        (("--notes", "no-such-file"), "--notes no-such-file: cannot be read"),
        (("--network", "bigger"), "network 'bigger' is unknown; expected small, demo-cnn or timm:NAME"),
        (("--network", "timm:bigger"), "timm:bigger"),
        (("--label-smoothing", "1"), "label_smoothing"),
        (("--start-size", "128"), "start_size is 128"),
        (("--optimizer", "adagrad"), "--optimizer"),
        (("--cutmix", "0.7", "--mixup", "0.5"), "mixup is 0.5"),
        (("--seed", str(2**31)), "seed is 2147483648"),
    ],
)
def test_a_mistake_is_one_line_and_costs_nothing(
    headstart, three: Path, tmp_path: Path, flags, said: str
) -> None:
    folder = tmp_path / "net"
    folder.mkdir()
    for name in ("env.json", "model.safetensors"):
        (folder / name).write_text("{}", encoding="utf-8")
    answer = headstart("pretrain", three, "-o", folder, *QUICK, "--force", *flags)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert (folder / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("triangle\n", "no class 'triangle' to leave out"),
        ("circle\ncross\n", "one class, 'square'"),
        ("# nothing\n\n", "names no class"),
        ("", "names no class"),
    ],
)
def test_a_list_that_does_not_fit_the_classes_is_refused(headstart, three, tmp_path, text, said) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(text, encoding="utf-8")
    answer = headstart("pretrain", three, "-o", tmp_path / "net", *QUICK, "--without", listed)
    assert answer.code == 2
    assert said in answer.err


def test_a_card_keeps_the_command_that_the_run_was_begun_with(headstart, three: Path, tmp_path: Path) -> None:
    folder = tmp_path / "net"
    begun = ("pretrain", three, "-o", folder, *QUICK, "--name", "forms")
    assert headstart(*begun).code == 0
    command = folders.read_card(folder).training["command"]
    for _ in range(2):
        assert headstart("pretrain", three, "-o", folder, *QUICK, "--name", "forms", "--resume").code == 0
        assert folders.read_card(folder).training["command"] == command
    assert "--resume" not in command


def test_a_process_that_is_killed_goes_on_to_the_same_bits(headstart, three: Path, tmp_path: Path) -> None:
    flags = ("--epochs", 6, "--batch-size", 8, "--image-size", 32, "--precision", "fp32", "--mixup", 0.2)
    begun = [*map(str, ("pretrain", three, *flags, "--augment", "colour", "--quiet"))]
    assert headstart(*begun, "-o", tmp_path / "straight").code == 0
    folder = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "headstart", *begun, "-o", str(folder)], stdout=subprocess.DEVNULL
    )
    metrics, deadline = folder / "metrics.jsonl", time.monotonic() + 120
    while not (metrics.is_file() and metrics.read_text(encoding="utf-8").count("\n") >= 2):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "model.safetensors").exists()
    assert headstart(*begun, "-o", folder, "--resume").code == 0
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("straight", "killed"))
    assert first == second
    records = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    assert [(record["epoch"], record["epochs"], record["phase"]) for record in records] == [
        (epoch, 6, "pre-training") for epoch in range(1, 7)
    ]


def test_a_folder_named_like_a_shipped_network_is_another_network(
    headstart, three: Path, tmp_path: Path
) -> None:
    former = Path.cwd()
    os.chdir(tmp_path)
    try:
        answer = headstart("pretrain", three, "-o", "demo-cnn", *QUICK)
        assert answer.code == 0
        assert "--backbone ./demo-cnn" in answer.out
        for name, classes in (("demo-cnn", 202), ("./demo-cnn", 3)):
            said = json.loads(headstart("inspect", name, "--json").out)
            assert said["source"]["classes"] == classes
    finally:
        os.chdir(former)


def test_resume_takes_no_other_verb_s_run(headstart, three: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert headstart("train", three, "-o", folder, "--backbone", "demo-cnn", "--case", 1, "--quiet").code == 0
    before = sorted(path.name for path in folder.iterdir())
    answer = headstart("pretrain", three, "-o", folder, *QUICK, "--resume")
    assert answer.code == 2
    assert "holds a run of `headstart train`" in answer.err
    (folder / "env.json").write_text("{", encoding="utf-8")
    answer = headstart("pretrain", three, "-o", folder, *QUICK, "--resume")
    assert "env.json: damaged; start anew with --force" in answer.err
    assert sorted(path.name for path in folder.iterdir()) == before


def test_files_that_cannot_be_used_are_listed(headstart, tmp_path: Path) -> None:
    data = tree(tmp_path / "data", each=8)
    (next(data.iterdir()) / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert headstart("pretrain", data, "-o", tmp_path / "net", *QUICK).code == 0
    assert "broken.png" in (tmp_path / "net" / "quarantine.csv").read_text(encoding="utf-8")


def test_options_of_the_architecture_travel_with_the_card(headstart, three: Path, tmp_path: Path) -> None:
    command = ("pretrain", three, "-o", tmp_path / "net", *QUICK, "--network", "timm:test_efficientnet")
    answer = headstart(*command, "--model-kwargs", "output_stride=16")
    assert answer.code == 0, answer.err
    assert folders.read_card(tmp_path / "net").model_kwargs == {"output_stride": 16}
    assert max(stage.reduction for stage in load(str(tmp_path / "net")).stages) == 16


@pytest.mark.parametrize(
    ("network", "option", "said"),
    [
        ("small", "width=8", "does not take these --model-kwargs"),
        ("timm:test_resnet", "output_stride=7", "does not take these --model-kwargs"),
        ("small", "num_classes=7", "num_classes is settled by pictures and weights"),
        ("timm:test_efficientnet", "in_chans=1", "in_chans is settled by pictures and weights"),
    ],
)
def test_options_that_the_architecture_does_not_take(
    headstart, three: Path, tmp_path: Path, network: str, option: str, said: str
) -> None:
    command = ("pretrain", three, "-o", tmp_path / "net", *QUICK, "--network", network)
    answer = headstart(*command, "--model-kwargs", option)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1

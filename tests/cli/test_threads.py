"""--threads: as many as are asked for, in every verb that runs networks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headstart.cli import asked, verbs
from headstart.cli.session import Session
from headstart.job import prepare
from headstart.job.fitting import settings_of
from headstart.job.folder import Folder
from headstart.job.train import nothing


@pytest.mark.parametrize(
    "argv",
    [
        ["train", "data"],
        ["plan", "data"],
        ["compare", "data"],
        ["evaluate", "bundle", "data"],
        ["predict", "bundle", "picture"],
    ],
    ids=lambda argv: argv[0],
)
def test_every_verb_that_runs_networks_bounds_them(argv: list[str]) -> None:
    for flags, threads in ((["--threads", "3"], 3), ([], 0)):
        options = asked.options(verbs.parser().parse_args([*argv, *flags]), Session())
        assert prepare.execution_of(options).threads == threads


def test_pretraining_is_bound_too(tmp_path: Path) -> None:
    args = verbs.parser().parse_args(["pretrain", "data", "--threads", "3"])
    options = asked.options(args, Session())
    assert settings_of(options, Folder(tmp_path, "pretrain"), nothing).threads == 3


def test_training_runs_in_the_threads_asked_for(headstart, shapes: Path, backbone: Path, tmp_path) -> None:
    command = ["train", shapes, "--backbone", backbone, "--case", 3, "--epochs", 1, "--threads", 2]
    assert headstart(*command, "-o", tmp_path / "run", "--quiet").code == 0
    records = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert [record["threads"] for record in records if "epoch" in record] == [2]


def test_no_threads_are_refused(headstart) -> None:
    refused = headstart("train", "data", "--threads", "0")
    assert (refused.code, "--threads" in refused.err) == (2, True)

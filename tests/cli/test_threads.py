"""--threads: as many as are asked for, in every verb that runs networks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headstart.cli import asked, verbs
from headstart.cli.session import Session
from headstart.job import named
from headstart.runtime import threads


@pytest.fixture
def free():
    yield
    threads.bound(0)


@pytest.mark.parametrize(
    "argv",
    [
        ["train", "data"],
        ["plan", "data"],
        ["compare", "data"],
        ["evaluate", "bundle", "data"],
        ["predict", "bundle", "picture"],
        ["pretrain", "data"],
    ],
    ids=lambda argv: argv[0],
)
def test_every_verb_that_runs_networks_bounds_them(argv: list[str], free) -> None:
    parser = verbs.parser()
    named.check_device(asked.options(parser.parse_args([*argv, "--threads", "3"]), Session()))
    assert threads.asked() == 3
    named.check_device(asked.options(parser.parse_args(argv), Session()))
    assert threads.asked() == 0


def test_training_runs_in_the_threads_asked_for(
    headstart, shapes: Path, backbone: Path, tmp_path, free
) -> None:
    command = ["train", shapes, "--backbone", backbone, "--case", 3, "--epochs", 1, "--threads", 2]
    assert headstart(*command, "-o", tmp_path / "run", "--quiet").code == 0
    records = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert [record["threads"] for record in records if "epoch" in record] == [2]


def test_no_threads_are_refused(headstart) -> None:
    refused = headstart("train", "data", "--threads", "0")
    assert (refused.code, "--threads" in refused.err) == (2, True)

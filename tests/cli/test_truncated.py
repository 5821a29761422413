"""--truncated keep: JPEGs that lack their end are used by every verb that reads pictures, and told."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from headstart.cli.verbs import parser
from tests.cli.conftest import picture


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of nine JPEGs; of two of each the last bytes are missing."""
    root, rng = tmp_path_factory.mktemp("album"), np.random.default_rng(0)
    for name in ("circle", "cross"):
        (root / name).mkdir()
        for number in range(9):
            out = io.BytesIO()
            picture(name, rng).save(out, "JPEG")
            (root / name / f"{number}.jpg").write_bytes(out.getvalue()[: None if number > 1 else -20])
    return root


@pytest.mark.parametrize("verb", ["train", "plan", "compare", "pretrain", "evaluate", "predict"])
def test_every_verb_that_reads_pictures_has_the_flag(verb: str) -> None:
    named = ["bundle", "data"] if verb in ("evaluate", "predict") else ["data"]
    assert parser().parse_args([verb, *named]).truncated == "refuse"
    assert parser().parse_args([verb, *named, "--truncated", "keep"]).truncated == "keep"


def test_kept_pictures_are_used_from_the_look_to_the_answer(
    headstart, album: Path, backbone: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    command = ("train", album, "--backbone", backbone, "--case", 1, "-o", run, "--json", "--truncated")
    refused = json.loads(headstart(*command, "refuse").out)
    assert refused["pictures"]["quarantine"] == 4
    answer = headstart(*command, "keep", "--force")
    result = json.loads(answer.out)
    assert "kept although their end is missing, decoded as far as they go: 4 (circle/0.jpg" in answer.err
    assert result["pictures"]["quarantine"] == 0
    assert result["pictures"]["train"] + result["splits"]["held-out"]["n"] == 18
    split = ("--split", "all", "--json")
    counts = [
        json.loads(headstart("evaluate", run / "bundle", album, *split, *more).out)["splits"]["all"]["n"]
        for more in ((), ("--truncated", "keep"))
    ]
    assert counts == [14, 18]


def test_predict_keeps_them_and_says_which(headstart, album: Path, trained: Path) -> None:
    command = ("predict", trained / "bundle", album, "--json")
    refused, kept = headstart(*command), headstart(*command, "--truncated", "keep")
    first, second = json.loads(refused.out), json.loads(kept.out)
    assert (len(first["predictions"]), len(first["left_out"]), first["truncated"]) == (14, 4, [])
    assert (len(second["predictions"]), len(second["left_out"])) == (18, 0)
    assert second["truncated"] == [str(album / c / f"{n}.jpg") for c in ("circle", "cross") for n in (0, 1)]
    assert kept.err.count("its end is missing, it is decoded as far as it goes") == 4


def test_plan_hands_the_flag_on(headstart, album: Path, backbone: Path, tmp_path: Path) -> None:
    answer = headstart(
        "plan",
        album,
        "--backbone",
        backbone,
        "--case",
        1,
        "--truncated",
        "keep",
        "-o",
        tmp_path / "plan.toml",
    )
    assert answer.code == 0
    assert "--truncated keep" in answer.out

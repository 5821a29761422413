"""headstart explain and predict --explain: from the command line to overlays and numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from headstart.job.explain import harmless
from tests.cli.conftest import tree


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tree(tmp_path / "new", each=2, seed=7)


def test_every_picture_has_its_overlay_its_numbers_and_its_sentences(
    headstart, trained, new, tmp_path
) -> None:
    folder = tmp_path / "why"
    answer = headstart("explain", trained / "bundle", new, "-o", folder, "--json")
    told = json.loads(answer.out)
    assert answer.code == 0
    assert (
        json.loads((folder / "explanations.json").read_text(encoding="utf-8"))["explanations"]
        == told["explanations"]
    )
    for one in told["explanations"]:
        assert one["method"] == "cam"
        assert sum(map(sum, one["map"])) == pytest.approx(one["score"], abs=0.01)
        assert one["trusted"] == (one["deletion"] < one["centre"])
        assert any("do not trust this map" in said for said in one["sentences"]) != one["trusted"]
        assert len(one["nearest"]) == 3
        with Image.open(folder / one["overlay"]) as image:
            assert image.size == (648, 320)
    text = headstart("explain", trained / "bundle", new / "circle").out
    assert "half of what stands out for" in text
    assert "overlays" not in text


def test_predict_explains_what_it_names(headstart, trained, new, tmp_path) -> None:
    answer = headstart("predict", trained / "bundle", new, "--explain", tmp_path / "why", "--json")
    told = json.loads(answer.out)
    paths = [one["path"] for one in told["predictions"]]
    assert [one["path"] for one in told["explanations"]] == paths
    assert [one["label"] for one in told["explanations"]] == [one["label"] for one in told["predictions"]]
    assert len(list((tmp_path / "why").glob("*.png"))) == len(paths)


def test_names_of_strangers_stay_within_the_folder(headstart, trained, new, tmp_path) -> None:
    odd = new / "circle" / "$(touch x) ‮;<b>\x1b[31m..png"
    shutil.copy(new / "circle" / "00.png", odd)
    folder = tmp_path / "why"
    answer = headstart("explain", trained / "bundle", odd, odd, "-o", folder)
    assert answer.code == 0
    assert "\x1b" not in answer.out
    names = sorted(path.name for path in folder.glob("*.png"))
    assert names == ["0001-touch_x_b_31m.png", "0002-touch_x_b_31m.png"]


def test_a_name_of_nothing_harmless_is_called_picture() -> None:
    assert harmless("/a/‮.png") == "picture"
    assert harmless("shard.tar!../../x y.jpg") == "x_y"


def test_what_cannot_be_used_is_left_out(headstart, trained, new) -> None:
    torn = new / "torn.png"
    torn.write_bytes((new / "circle" / "00.png").read_bytes()[:200])
    answer = headstart("explain", trained / "bundle", new / "circle" / "00.png", torn, "--json")
    told = json.loads(answer.out)
    assert answer.code == 3
    assert (len(told["explanations"]), [one["path"] for one in told["left_out"]]) == (1, [str(torn)])


@pytest.mark.parametrize("verb", ["explain", "predict"])
def test_many_that_cannot_be_used_come_before_one_that_can(headstart, trained, new, tmp_path, verb) -> None:
    """More than explain() takes at once, and one."""
    bad = [tmp_path / f"{number:02}.png" for number in range(17)]
    for path in bad:
        path.write_bytes(b"no picture")
    answer = headstart(verb, trained / "bundle", *bad, new / "circle" / "00.png", "--json")
    told = json.loads(answer.out)
    assert answer.code == 3
    assert [one["path"] for one in told["left_out"]] == list(map(str, bad))
    assert len(told["explanations" if verb == "explain" else "predictions"]) == 1
    answer = headstart(verb, trained / "bundle", bad[0])
    assert "internal error" not in answer.err
    assert "00.png" in answer.err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--class", "dog"), "class: no class 'dog'; expected one of"),
        (("--class", "cros"), "class: no class 'cros'; did you mean 'cross'?"),
        (("--stage", "nowhere"), "has no such stage"),
        (("--stage", "pre_logits"), "stage 'pre_logits': has no places; choose one of"),
        (("--method", "cam", "--stage", "stem"), "only hirescam looks at one stage"),
    ],
)
def test_mistakes_are_told_in_one_line(headstart, trained, new, flags, said) -> None:
    answer = headstart("explain", trained / "bundle", new, *flags)
    assert answer.code == 2
    assert said in answer.err


@pytest.mark.parametrize("words", [("explain", "-o"), ("predict", "--explain")])
def test_a_folder_in_use_is_refused(headstart, trained, new, words) -> None:
    verb, flag = words
    answer = headstart(verb, trained / "bundle", new, flag, new)
    assert answer.code == 2
    assert "already in use" in answer.err


def test_any_stage_below_the_head_is_seen_by_hirescam(headstart, trained, new) -> None:
    answer = headstart(
        "explain", trained / "bundle", new / "circle", "--stage", "stem", "--class", "cross", "--json"
    )
    for one in json.loads(answer.out)["explanations"]:
        assert (one["method"], one["stage"], one["label"]) == ("hirescam", "stem", "cross")


def test_the_report_shows_what_the_model_looks_at(trained) -> None:
    page = (trained / "report.html").read_text(encoding="utf-8")
    assert 'id="explained"' in page
    assert 'class="layer"' in page

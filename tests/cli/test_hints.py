"""A slip of the pen gets the nearest name, and a wrong place the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

SLIPS = {
    "a verb": (["trian", "x"], "did you mean train?"),
    "a flag": (["train", "x", "--epoch", "3"], "did you mean --epochs?"),
    "a flag like none": (["train", "x", "--xyzzy"], "flag --xyzzy is unknown; see headstart train"),
    "a flag of another verb": (["plan", "x", "--plan", "y"], "flag --plan is unknown; see headstart plan"),
    "an argument too many": (["evaluate", "a", "b", "c"], "'c': one argument too many"),
    "a shipped network": (["inspect", "smal"], "did you mean small?"),
    "a timm network": (["inspect", "timm:resnet81"], "did you mean timm:resnet"),
    "a torchvision network": (["inspect", "torchvision:vgg61"], "did you mean torchvision:vgg1"),
    "a weights' tag": (["inspect", "timm:resnet18.nope"], "no weights of that tag; there are resnet18.a1"),
    "a slash for a colon": (["inspect", "timm/resnet18"], "did you mean timm:resnet18?"),
    "a folder that is no backbone": (["inspect", "."], "holds no backbone"),
    "a folder": (["inspect", "no/such/place"], "no/such/place: no such folder; expected a folder written by"),
    "a cut": (["inspect", "small", "--case", "2", "--cut", "stage9"], "did you mean stage"),
    "its own cuts": (["inspect", "small", "--case", "2", "--cut", "x"], "its own cuts are stem, stage1"),
    "a size too large": (["inspect", "small", "--image-size", "100000"], "from 1 to 4096"),
}


@pytest.mark.parametrize(("argv", "said"), SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_gets_a_hint_in_one_line(headstart, argv: list[str], said: str) -> None:
    answer = headstart(*argv)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_other_pictures_of_the_training_set_are_known(headstart, trained: Path, shapes: Path) -> None:
    """A part of the set has another fingerprint, and its pictures were learnt all the same."""
    (one,) = [folder for folder in shapes.iterdir() if folder.name == "circle"]
    part = trained.parent / "part"
    part.mkdir(exist_ok=True)
    if not (part / "circle").exists():
        (part / "circle").symlink_to(one, target_is_directory=True)
    answer = headstart("evaluate", trained / "bundle", part, "--split", "all")
    assert answer.code == 0
    assert "the bundle was trained on 11 of these 14 pictures: no honest accuracy" in answer.err


def test_too_small_a_size_is_no_error_of_headstarts_own(headstart, shapes: Path, tmp_path: Path) -> None:
    """The layers of small do not take 7 pixels, with torch or without: said in one line."""
    answer = headstart("plan", shapes, "--image-size", "7", "-o", tmp_path / "plan.toml")
    assert answer.code == 2
    assert answer.err.splitlines()[-1] == (
        "headstart: small: its layers do not take 7 px; choose --image-size 16 or more"
    )
    assert ".cpp" not in answer.err


def test_a_size_that_suffices_is_not_remarked_on(headstart) -> None:
    """One place of small's last map stands for 16 pixels."""
    said = [headstart("inspect", "small", "--image-size", size).err for size in (15, 16)]
    assert ["too small" in line for line in said] == [True, False]

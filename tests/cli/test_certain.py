"""How sure predict is: sets of classes, pictures that are none of them; in the bundle, in --json, in old bundles."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import model, seals
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("sure") / "shapes", each=30)


@pytest.fixture(scope="module")
def bundle(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from headstart.cli.main import main

    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main(["train", str(data), "--case", "1", "-o", str(folder), "--quiet"]) == 0
    return folder / "bundle"


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Stripes, which are no shapes on noise."""
    stripes = np.zeros((24, 24, 3), np.uint8)
    stripes[::3] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    return tmp_path / "stripes.png"


def test_a_stranger_is_none_of_these(headstart, bundle: Path, data: Path, stranger: Path) -> None:
    own = data / "circle" / "00.png"
    found = json.loads(headstart("predict", bundle, stranger, own, "--json").out)
    assert [one["out_of_place"] for one in found["predictions"]] == [True, False]
    least = found["least_similarity"]
    assert found["predictions"][0]["similarity"] < least <= found["predictions"][1]["similarity"]
    assert all("set" not in one for one in found["predictions"])
    lines = headstart("predict", bundle, stranger, own).out.splitlines()
    assert lines[0].split("   ")[1] == "none of these (unlike the training pictures)"
    assert lines[1].split("   ")[1].startswith("circle ")
    table = csv.DictReader(headstart("predict", bundle, stranger, own, "--csv", "--top", 1).out.splitlines())
    assert [row["out_of_place"] for row in table] == ["yes", "no"]


def test_sets_are_named_where_a_coverage_is_asked_for(headstart, bundle: Path, data: Path) -> None:
    own = data / "circle" / "00.png"
    found = json.loads(headstart("predict", bundle, own, "--json", "--coverage", 0.5).out)["predictions"][0]
    assert found["set"][0] == found["label"]
    every = json.loads(headstart("predict", bundle, own, "--json", "--coverage", 0.999).out)["predictions"][0]
    assert every["set"] == [answer["label"] for answer in every["top"]]  # so few pictures cannot promise it
    assert "{circle, cross}" in headstart("predict", bundle, own, "--coverage", 0.999).out
    table = csv.DictReader(headstart("predict", bundle, own, "--csv", "--coverage", 0.999).out.splitlines())
    assert [row["in_set"] for row in table] == ["yes", "yes"]


def test_a_coverage_is_a_share(headstart, bundle: Path, stranger: Path) -> None:
    for wrong in ("1", "0", "90", "most", "nan"):
        answer = headstart("predict", bundle, stranger, "--coverage", wrong)
        assert answer.code == 2
        assert "--coverage: expected a share between 0 and 1, such as 0.9" in answer.err


def test_evaluate_tells_how_sure_it_is(headstart, bundle: Path, data: Path) -> None:
    found = json.loads(headstart("evaluate", bundle, data, "--json").out)["splits"]["held-out"]["certainty"]
    assert [one["wanted"] for one in found["coverages"]] == [0.8, 0.9, 0.95]
    assert found["strangers"]["n"] == 12
    assert "% sure of its answers on average" in headstart("evaluate", bundle, data).out


@pytest.fixture
def old(bundle: Path, tmp_path: Path) -> Path:
    """The bundle as it was before: it knows nothing of certainty."""
    copy = Path(shutil.copytree(bundle, tmp_path / "old"))
    info = json.loads((copy / "headstart.json").read_text())
    del info["certainty"], info["checksum"], info["files"]["neighbours.safetensors"]
    (copy / "headstart.json").write_text(json.dumps(seals.sealed(info)))
    (copy / "neighbours.safetensors").unlink()
    return copy


def test_older_bundles_predict_as_before(headstart, old: Path, bundle: Path, stranger: Path) -> None:
    found = json.loads(headstart("predict", old, stranger, "--json").out)
    assert found["least_similarity"] is None
    assert found["predictions"][0]["out_of_place"] is None
    answer = headstart("predict", old, stranger, "--coverage", 0.9)
    assert answer.code == 2
    assert "cannot tell sets" in answer.err
    assert answer.err.count("\n") == 1
    before, now = model.load(old), model.load(bundle)
    logits = now.head.logits(next(now.features([str(stranger)])))
    plain = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    np.testing.assert_allclose(before.probabilities([str(stranger)]), plain, rtol=1e-3, atol=1e-6)


def test_what_was_edited_by_hand_is_refused(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "edited"))
    whole = json.loads((copy / "headstart.json").read_text())
    for wrong in (
        None,
        [],
        {"temperature": 0},
        {"temperature": 1.0, "sets": {"scores": []}, "familiar": None},
    ):
        info = {key: value for key, value in whole.items() if key != "checksum"} | {"certainty": wrong}
        (copy / "headstart.json").write_text(json.dumps(seals.sealed(info)))
        with pytest.raises(model.reading.BundleError, match="damaged"):
            model.load(copy)


def test_equal_commands_write_equal_bytes(data: Path, bundle: Path, tmp_path: Path, headstart) -> None:
    again = tmp_path / "again"
    assert headstart("train", data, "--case", 1, "-o", again, "--quiet").code == 0
    name = "neighbours.safetensors"
    assert (again / "bundle" / name).read_bytes() == (bundle / name).read_bytes()
    first, second = (json.loads((b / "headstart.json").read_text()) for b in (again / "bundle", bundle))
    assert first["certainty"] == second["certainty"]

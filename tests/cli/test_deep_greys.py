"""Pictures that use a small part of 16 bits, through the whole job: as good as the same pictures in 8 bits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import model

LOW, HIGH = 88, 256


def texture(label: int, rng: np.random.Generator) -> np.ndarray:
    """Stripes, or checks, of any direction: uint8 [48, 48], black and white among them."""
    y, x = np.mgrid[:48, :48]
    angle, pace, phase = rng.uniform(0, np.pi), rng.uniform(0.5, 0.7), rng.uniform(0, 6)
    wave = np.sin(pace * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    if label:
        wave = wave * np.sin(pace * (y * np.cos(angle) - x * np.sin(angle)) + phase)
    return np.clip(127 + 60 * wave + rng.normal(0, 70, (48, 48)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(16 bits, 8 bits): the same 60 pictures, 40 to train on, from LOW to HIGH of 65,535 or from 0 to 255."""
    root, rng = tmp_path_factory.mktemp("textures"), np.random.default_rng(0)
    for number in range(60):
        grey = texture(number % 2, rng)
        deep = np.rint(LOW + grey * ((HIGH - LOW) / 255)).astype(np.uint16)
        for name, pixels in (("deep", deep), ("plain", np.rint((deep - LOW) * (255 / (HIGH - LOW))))):
            split, label = "test" if number >= 40 else "train", ("stripes", "checks")[number % 2]
            folder = root / name / split / label
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.astype(np.uint16 if name == "deep" else np.uint8)).save(
                folder / f"{number:02}.png"
            )
    return root / "deep", root / "plain"


def test_their_accuracy_is_that_of_the_same_pictures_in_eight_bits(headstart, folders, backbone, tmp_path):
    results = []
    for folder in folders:
        run = tmp_path / folder.name
        answer = headstart("train", folder, "--backbone", backbone, "-o", run, "--json")
        assert answer.code == 0, answer.err
        results.append(json.loads(answer.out))
        said = f"60; in all of them {LOW} is shown to the network as black and {HIGH} as white, as measured"
        assert (said in answer.err) == (folder.name == "deep")
        assert (said in (run / "report.html").read_text(encoding="utf-8")) == (folder.name == "deep")
    deep, plain = results
    assert deep["splits"] == plain["splits"]
    assert deep["arms"] == plain["arms"]
    assert deep["splits"]["test"]["accuracy"] > 0.7


def test_plan_and_bundle_keep_to_the_range(headstart, folders, backbone, tmp_path):
    """A plan measures it anew; a bundle holds it, and one that was written before there were ranges still loads."""
    deep, plan, runs = folders[0], tmp_path / "plan.toml", (tmp_path / "at-once", tmp_path / "planned")
    assert headstart("plan", deep, "--backbone", backbone, "--case", 1, "-o", plan).code == 0
    at_once = headstart("train", deep, "--backbone", backbone, "--case", 1, "-o", runs[0], "--json")
    planned = headstart("train", deep, "--plan", plan, "-o", runs[1], "--json")
    first, second = json.loads(at_once.out), json.loads(planned.out)
    assert first["splits"] == second["splits"]
    judged = headstart("evaluate", runs[1] / "bundle", deep, "--json")
    (score,) = json.loads(judged.out)["splits"].values()
    assert score["accuracy"] == first["splits"]["test"]["accuracy"]
    paths = [str(path) for path in sorted(deep.rglob("*.png"))[::9]]
    loaded = model.load(runs[0] / "bundle")
    assert loaded.backbone.preprocess.levels == (LOW, HIGH)
    images = [Image.open(path) for path in paths]
    np.testing.assert_allclose(loaded.probabilities(images), loaded.probabilities(paths), rtol=1e-5)
    old = shutil.copytree(runs[0] / "bundle", tmp_path / "old")
    info = json.loads((old / "headstart.json").read_text(encoding="utf-8"))
    del info["backbone"]["preprocess"]["levels"], info["checksum"]
    (old / "headstart.json").write_text(json.dumps({**info, "format": 1}), encoding="utf-8")
    assert model.load(old).backbone.preprocess.levels is None
    dark = model.load(old).probabilities(paths)
    np.testing.assert_allclose(dark, np.broadcast_to(dark[:1], dark.shape), atol=0.2)


def test_trainings_and_networks_of_ones_own_see_the_range_too(headstart, folders, backbone, tmp_path):
    run, net = tmp_path / "run", tmp_path / "net"
    few = ("--epochs", 1, "--batch-size", 16, "--quiet", "--json")
    answer = headstart("train", folders[0], "--backbone", backbone, "--case", 3, "-o", run, *few)
    assert answer.code == 0
    results = []
    for folder in folders:
        answer = headstart("pretrain", folder, "-o", net / folder.name, *few)
        assert answer.code == 0, answer.err
        results.append(json.loads(answer.out)["splits"])
    assert results[0] == results[1]
    card = json.loads((net / "deep" / "backbone.json").read_text(encoding="utf-8"))
    assert card["training"]["levels"] == [LOW, HIGH]
    assert "levels" not in card["preprocess"]

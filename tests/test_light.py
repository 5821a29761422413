"""Without torch, torchvision, timm and scikit-learn the whole frozen job is done, and the rest refused in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import extras
from headstart.backbone import boxed

ABSENT = ("torch", "torchvision", "timm", "sklearn")
TRAIN = f"needs torch; {extras.command()}"
# Packages are looked for in vain, as where they are not installed.
BLOCKER = """
import os
from importlib.machinery import PathFinder
look = PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in os.environ["HIDDEN"].split() else look(name, path, target)
PathFinder.find_spec = find_spec
"""
SOURCES = str(Path(__file__).parents[1] / "src")


class Light:
    """headstart in processes that find none of the packages that a light install lacks, from an empty cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        blocker = folder / "blocker"
        blocker.mkdir()
        (blocker / "sitecustomize.py").write_text(BLOCKER, encoding="utf-8")
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(blocker), SOURCES]),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        self.pictures = pictures(folder / "pictures")

    def python(self, *arguments: str, hidden: Sequence[str] = ABSENT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**self.environment, "HIDDEN": " ".join(hidden)},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def __call__(self, *words: str) -> str:
        """What the verb prints."""
        done = self.python("-m", "headstart", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        """The one line, of all that is said, that tells why the verb is not done."""
        done = self.python("-m", "headstart", *words)
        assert done.returncode == 2, done.stderr
        (line,) = (line for line in done.stderr.splitlines() if line.startswith("headstart: "))
        return line.removeprefix("headstart: ")


def pictures(folder: Path) -> Path:
    """Noise around three colours."""
    rng = np.random.default_rng(0)
    for name, colour in (("red", (180, 60, 60)), ("green", (60, 180, 60)), ("blue", (60, 60, 180))):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            noise = np.clip(rng.normal(colour, 50, (24, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(noise).resize((72, 64)).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Light:
    return Light(tmp_path_factory.mktemp("light"))


@pytest.fixture(scope="module")
def bundle(light: Light) -> str:
    """Of a run that was the first thing done with an empty cache."""
    light("train", "pictures", "--backbone", "small", "--case", "1", "-o", "run")
    return "run/bundle"


def test_the_packages_are_hidden(light: Light) -> None:
    for package in ABSENT:
        assert light.python("-c", f"import {package}").returncode == 1


def test_train_writes_a_bundle_and_a_report(light: Light, bundle: str) -> None:
    assert {path.name for path in (light.folder / bundle).iterdir()} >= {"model.safetensors", "network"}
    assert "<svg" in (light.folder / "run" / "report.html").read_text(encoding="utf-8")


def test_predict_and_evaluate_answer_from_the_bundle(light: Light, bundle: str) -> None:
    scores = json.loads(light("evaluate", bundle, "pictures", "--json"))["splits"]["held-out"]
    assert scores["accuracy"] == 1
    named = json.loads(light("predict", bundle, "pictures/red/0.png", "--json"))
    assert named["predictions"][0]["label"] == "red"


def test_an_answer_is_explained_exactly_and_in_the_report(light: Light, bundle: str) -> None:
    told = json.loads(light("explain", bundle, "pictures/red/0.png", "-o", "why", "--json"))["explanations"][
        0
    ]
    assert (told["method"], told["label"]) == ("cam", "red")
    assert sum(map(sum, told["map"])) == pytest.approx(told["score"], abs=0.01)
    assert (light.folder / "why" / told["overlay"]).is_file()
    assert 'id="explained"' in (light.folder / "run" / "report.html").read_text(encoding="utf-8")
    light("explain", bundle, "pictures/red/0.png", "--method", "occlusion")


def test_plan_measures_decides_and_is_done(light: Light) -> None:
    light("plan", "pictures", "--backbone", "small", "--case", "1", "-o", "frozen.toml")
    light("train", "pictures", "--plan", "frozen.toml", "-o", "planned")


@pytest.mark.parametrize(
    "asked",
    [
        ("--backbone", "small", "--case", "2", "--head-layers", "2"),
        ("--backbone", "small", "--case", "1", "--folds", "2"),
        ("--backbone", "demo-cnn", "--case", "1"),
        ("--backbone", "demo-cnn", "--image-size", "100", "--case", "2"),
    ],
)
def test_every_frozen_way_is_done(light: Light, asked: tuple[str, ...]) -> None:
    light("train", "pictures", *asked, "-o", f"run-{'-'.join(asked).replace('--', '')}")


def test_networks_are_listed_and_drawn(light: Light, bundle: str) -> None:
    done = light.python("-m", "headstart", "backbones", "--json")
    assert f"networks of timm and torchvision are not listed: {extras.command()}" in done.stderr
    listed = {row["name"]: row["parameters"] for row in json.loads(done.stdout)["backbones"]}
    assert listed == {name: boxed.parameters(name) for name in boxed.names()}
    assert "stage4" in light("inspect", "small", "--case", "2")
    assert "stage4" in light("inspect", bundle)


@pytest.mark.parametrize("name", ["small", "BUNDLE"])
def test_what_the_layers_answer_to_is_drawn(light: Light, bundle: str, name: str) -> None:
    name = bundle if name == "BUNDLE" else name
    asked = ("--data", "pictures", "--image", "pictures/red/0.png", "-o", f"layers-of-{Path(name).name}")
    found = json.loads(light("inspect", name, *asked, "--json"))
    assert [layer["name"] for layer in found["layers"]["layers"]][-1] == "pre_logits"
    assert all(layer["units"] for layer in found["layers"]["layers"])
    page = (light.folder / found["page"]).read_text(encoding="utf-8")
    assert page.count("<img") > 100
    assert "First layer: its filters" in page


def test_a_plan_that_trains_is_told_by_plan_and_refused_by_train(light: Light) -> None:
    asked = ("pictures", "--backbone", "small", "--size", "large", "--similarity", "similar")
    done = light.python("-m", "headstart", "plan", *asked, "-o", "trains.toml")
    said = f"the plan, case 3 on small, trains its pre-trained weights: {TRAIN}, or ask for a frozen network with"
    assert done.returncode == 0
    assert said in done.stderr
    assert dict(line.split(maxsplit=1) for line in done.stdout.splitlines()[-3:])["first"] == extras.command()
    assert said in light.refused("train", *asked, "-o", "trained")
    assert said in light.refused("train", "pictures", "--plan", "trains.toml", "-o", "trained")
    assert not (light.folder / "trained").exists()


def test_a_fold_whose_plan_trains_is_refused(light: Light) -> None:
    asked = ("--backbone", "small", "--size", "large", "--similarity", "different", "--folds", "2")
    assert TRAIN in light.refused("train", "pictures", *asked, "-o", "trained")


def test_folds_that_may_train_are_refused_before_a_finished_run_is_replaced(light: Light) -> None:
    light("train", "pictures", "--backbone", "small", "--case", "1", "-o", "done")
    asked = ("train", "pictures", "--backbone", "small", "--folds", "2", "-o", "done", "--force")
    assert "each fold decides anew" in light.refused(*asked)
    assert (light.folder / "done" / "bundle" / "headstart.json").is_file()


@pytest.mark.parametrize("case", ["3", "4"])
def test_a_case_that_trains_is_refused_before_pictures_are_read(light: Light, case: str) -> None:
    done = light.python("-m", "headstart", "train", "pictures", "--case", case, "-o", "trained")
    assert done.stderr == (
        f"headstart: case {case} trains the network: {TRAIN}, or ask for a frozen network with --case 1 or --case 2\n"
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("compare", "pictures", "-o", "compared"), "compare, which trains networks too"),
        (("pretrain", "pictures", "-o", "source"), "pretrain"),
        (("inspect", "timm:resnet18"), "backbone 'timm:resnet18'"),
        (("train", "pictures", "--backbone", "torchvision:resnet18"), "backbone 'torchvision:resnet18'"),
        (
            ("train", "pictures", "--backbone", "small", "--case", "2", "--cut", "stage2.0"),
            "small cut at stage2.0, beside its own cuts stem, stage1, stage2, stage3, stage4, pre_logits",
        ),
        (
            ("train", "pictures", "--backbone", "small", "--weights", "w.pth"),
            "small with weights or options other than its own",
        ),
        (("train", "pictures", "--runtime", "torch"), "--runtime torch"),
        (("train", "pictures", "--device", "cuda"), "--device cuda"),
        (("predict", "run/bundle", "pictures/red/0.png", "--runtime", "torch"), "--runtime torch"),
        (("explain", "run/bundle", "pictures/red/0.png", "--stage", "stage3"), "HiResCAM at stage3"),
        (("export", "run/bundle", "--to", "torch"), "export to torch"),
    ],
)
def test_what_needs_torch_says_so_in_one_line(light: Light, bundle: str, words: tuple, what: str) -> None:
    assert light.refused(*words).replace("needs timm", "needs torch") == f"{what}: {TRAIN}{extras.SIZE}"


def test_a_name_that_nothing_has_is_told_as_ever(light: Light) -> None:
    assert light.refused("inspect", "smal") == (
        "backbone 'smal' is unknown; did you mean small? `headstart backbones` lists them"
    )


def test_the_demo_needs_its_pictures(light: Light) -> None:
    assert extras.command("demo") in light.refused("demo", "-o", "demo")


def test_from_python(light: Light, bundle: str) -> None:
    """Loaded networks and their torch modules, features, and a bundle's answers."""
    code = """
import headstart, numpy as np
from headstart.errors import MissingError
from headstart.extras import SIZE, command
network = headstart.load_backbone("small")
pictures = np.zeros((2, 64, 64, 3), np.uint8)
assert headstart.features(pictures, backbone=network).shape[0] == 2
model = headstart.load("run/bundle")
assert model.probabilities(pictures).shape == (2, 3)
from headstart.backbone import build
for call in (lambda: build(network), model.network, lambda: headstart.backbone_of(None)):
    try:
        call()
    except MissingError as error:
        assert str(error).endswith("needs torch; " + command() + SIZE), error
    else:
        raise AssertionError("not refused")
"""
    done = light.python("-c", code)
    assert done.returncode == 0, done.stderr


def test_estimators_do_without_torch(light: Light) -> None:
    """scikit-learn, which they are made for, is there."""
    code = """
import numpy as np
from headstart import Classifier, FeatureExtractor
pictures = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
pictures[::2] //= 4
labels = ["dark", "light"] * 12
fitted = Classifier(backbone="small", case=1).fit(pictures, labels)
assert fitted.score(pictures, labels) > 0.9
assert FeatureExtractor(backbone="small").fit_transform(pictures).shape[0] == 24
"""
    done = light.python("-c", code, hidden=[name for name in ABSENT if name != "sklearn"])
    assert done.returncode == 0, done.stderr

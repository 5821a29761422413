"""Coloured shapes as class folders, a small backbone of one's own, and a way to run a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from headstart.cli import console
from headstart.cli.main import main

COLOURS = {"circle": (200, 60, 40), "cross": (50, 160, 70), "square": (60, 80, 200)}


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


def picture(name: str, rng: np.random.Generator, side: int = 24) -> Image.Image:
    """One shape of its class's colour, on noise; so small that the default network is the quick one."""
    ground = rng.integers(90, 160, (side, side, 3), dtype=np.uint8)
    image = Image.fromarray(ground)
    draw = ImageDraw.Draw(image)
    x, y = (int(v) for v in rng.integers(2, side // 2, 2))
    box = (x, y, x + side // 3, y + side // 3)
    if name == "cross":
        draw.line(box, COLOURS[name], 4)
    elif name == "circle":
        draw.ellipse(box, COLOURS[name])
    else:
        draw.rectangle(box, COLOURS[name])
    return image


def tree(root: Path, *, names: tuple[str, ...] = ("circle", "cross"), each: int = 14, seed: int = 0) -> Path:
    """`each` pictures of every class in `root`/class/."""
    rng = np.random.default_rng(seed)
    for name in names:
        (root / name).mkdir(parents=True)
        for number in range(each):
            picture(name, rng).save(root / name / f"{number:02}.png")
    return root


@pytest.fixture
def headstart(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Runs one command in this process. A busy machine does not make it say that something takes its time."""
    monkeypatch.setattr(console, "PATIENCE", 60.0)

    def run(*argv: object) -> Answer:
        code = main([str(arg) for arg in argv])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("data") / "shapes")


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backbone that `headstart pretrain` made of other shapes."""
    root = tmp_path_factory.mktemp("source")
    data = tree(root / "source", names=("circle", "cross", "square"), each=12, seed=1)
    command = ["pretrain", data, "-o", root / "net", "--epochs", 1, "--batch-size", 8, "--quiet"]
    assert main([str(arg) for arg in command]) == 0
    return root / "net"


@pytest.fixture(scope="session")
def trained(shapes: Path, backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the shapes."""
    folder = tmp_path_factory.mktemp("runs") / "shapes"
    command = ["train", shapes, "--backbone", backbone, "-o", folder, "--case", 1, "--quiet", "--json"]
    assert main([str(arg) for arg in command]) == 0
    return folder

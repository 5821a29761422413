"""What several rooms' tests share: a cache of their own, networks of many families, the place of real data."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headstart import progress

# Many tiny networks: threads that wait for each other cost more than they bring. numpy and torch come in later.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# name → (input size, --model-kwargs): one of each way of building networks, VGG and ResNet by name.
FAMILIES = {
    "vgg11_bn": (32, {"mlp_ratio": 1 / 32}),  # of 130 M parameters 100 M are one layer
    "vgg16": (32, {"mlp_ratio": 1 / 32}),
    "resnet18": (32, {}),
    "resnet50": (32, {}),
    "mobilenetv2_100": (32, {"pad_type": "same"}),
    "mobilenetv3_small_050": (32, {}),
    "efficientnet_lite0": (32, {}),
    "densenet121": (32, {}),
    "convnext_atto": (32, {}),
    "vit_tiny_patch16_224": (64, {"img_size": 64, "depth": 3}),
    "swin_tiny_patch4_window7_224": (64, {"img_size": 64, "window_size": 2, "depths": (1, 1, 1, 1)}),
    "regnety_002": (32, {}),
    "inception_v3": (96, {}),
    "mixer_s32_224": (64, {"img_size": 64}),
}
_USERS_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture
def said() -> Iterator[list[str]]:
    """The lines of news that the test's own work says."""
    lines: list[str] = []

    class Noting(progress.Silent):
        def say(self, line: str) -> None:
            lines.append(line)

    progress.use(Noting())
    yield lines
    progress.use(progress.Silent())


@pytest.fixture
def counted() -> Iterator[dict[str, list[int]]]:
    """Label → [total, done] of the running counts that the test's own work shows, the last of each label."""
    bars: dict[str, list[int]] = {}

    class Count:
        def __init__(self, label: str) -> None:
            self.label = label

        def advance(self, steps: int = 1) -> None:
            bars[self.label][1] += steps

    class Counting(progress.Silent):
        @contextlib.contextmanager
        def bar(self, label: str, total: int) -> Iterator[progress.Bar]:
            bars[label] = [total, 0]
            yield Count(label)

    progress.use(Counting())
    yield bars
    progress.use(progress.Silent())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable:
    """made(name) → Backbone of the family, with random weights given as a user gives them: by a file."""
    import timm
    import torch
    from safetensors.torch import save_file

    from headstart import backbone

    folder = tmp_path_factory.mktemp("families")

    def make(name: str, **options: object) -> backbone.Backbone:
        size, kwargs = FAMILIES[name]
        file = folder / f"{name}.safetensors"
        if not file.exists():
            torch.manual_seed(0)
            save_file(timm.create_model(name, num_classes=10, **kwargs).state_dict(), file)
        given = {"image_size": size, "preprocess": {"mean": (0.5,) * 3, "std": (0.5,) * 3}, **options}
        return backbone.load(f"timm:{name}", weights=str(file), model_kwargs=kwargs, **given)

    return make


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real weights and packed data beside the checkout; the test skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "weights").is_dir():
        pytest.skip("no ../shared/weights beside the checkout")
    return folder


@pytest.fixture(scope="session")
def unpacked(shared: Path) -> Callable[[str], Path]:
    """unpacked(name) → the data set's folder, unpacked where it is not yet; skips where it cannot be had."""

    def folder(name: str) -> Path:
        unpack = shared / "data" / "unpack"
        if not unpack.is_file():
            pytest.skip("no ../shared/data beside the checkout")
        place = _USERS_CACHE / "headstart-data"
        subprocess.run(["bash", str(unpack), str(place), name], check=True, capture_output=True)
        return place / name

    return folder


@pytest.fixture(scope="session")
def hymenoptera(unpacked: Callable[[str], Path]) -> Path:
    """Ants and bees."""
    return unpacked("hymenoptera")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Says how a worker process ended that died: a negative number is the signal that killed it."""
    if error:
        with contextlib.suppress(AttributeError, subprocess.TimeoutExpired):
            ended = node.gateway._io.popen.wait(timeout=10)  # pyright: ignore[reportAttributeAccessIssue]
            print(f"\na worker process died with exit status {ended}", flush=True)


def pytest_configure() -> None:
    """A shell's background jobs ignore SIGINT, and so would the tests that raise it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

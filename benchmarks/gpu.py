"""python benchmarks/gpu.py (make gpu): whether everything that can run on an accelerator runs on it, rightly and fast.

For one CUDA machine with 16 cores; it takes less than 8 minutes and needs no network and no data: the pictures are
gratings that it draws, the networks the shipped `small` and a ResNet-50 with random weights. Prints one Markdown table.
Exit code 1 where a figure is out of its bounds, which are named on stderr; 2 where there is no CUDA.

Parity is between the same weights on CUDA and on the CPU in float32; convolutions on CUDA may use TF32, whose 10 bits
of mantissa the bounds allow for. The bound on speed is a floor against a loop that feeds the network the same batch
over and over, already on the device: it decodes, augments and moves nothing.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import nn

    from headstart.backbone import Backbone
    from headstart.data import Dataset, Partition
    from headstart.extraction import Features

CLASSES = 4
# Largest difference of features and logits from the CPU's, as a share of the CPU's largest one.
PARITY = 0.02
LEAST_EQUAL = 0.98  # share of the source head's classes that are the CPU's
LEAST_SPEED = 0.2  # of the bare loop's pictures a second
LEAST_ACCURACY = 0.6  # of the trainings; chance is a quarter


@dataclass(frozen=True)
class Sizes:
    """How much is done: pictures and their side, epochs; batch, side and steps of the race against the bare loop."""

    pictures: int
    side: int
    epochs: int
    network: str
    batch: int
    network_side: int
    precision: str
    judged: bool  # whether speed and accuracies are held against their bounds


FULL = Sizes(2_400, 256, 8, "resnet50", 64, 224, "bf16", True)
TINY = Sizes(40, 72, 1, "resnet10t", 8, 32, "fp32", False)


@dataclass(frozen=True)
class Row:
    """One figure. low, high: its bounds, infinite where it has none."""

    what: str
    value: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def holds(self) -> bool:
        return self.low <= self.value <= self.high

    def __str__(self) -> str:
        bounds = [f"≥ {self.low:.3g}"] * (self.low > -math.inf) + [f"≤ {self.high:.3g}"] * (
            self.high < math.inf
        )
        return f"| {self.what} | {self.value:.4g} | {' and '.join(bounds)} | {'yes' if self.holds else '**no**'} |"


@dataclass(frozen=True)
class Bench:
    """What all parts share; device: "cuda", or "cpu" for a dry run."""

    sizes: Sizes
    device: str
    folder: Path
    dataset: Dataset
    partition: Partition

    def least(self, bound: float) -> float:
        return bound if self.sizes.judged else -math.inf


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help=argparse.SUPPRESS)
    device = parser.parse_args().device
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        print("gpu: torch finds no CUDA on this machine; nothing was measured", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        return judged(list(rows(begun(FULL if device == "cuda" else TINY, device, Path(folder)))), device)


def judged(found: list[Row], device: str) -> int:
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else "CPU, a dry run"
    print(f"{name}, torch {torch.__version__}\n\n| what | figure | bounds | holds |\n|-|-|-|-|")
    print("\n".join(map(str, found)))
    bad = [row for row in found if not row.holds]
    for row in bad:
        print(f"gpu: {row.what}: {row.value:.4g} is out of bounds", file=sys.stderr)
    return 1 if bad else 0


def rows(bench: Bench) -> Iterator[Row]:
    for part in (frozen, trainings, pretraining, speed):
        began = time.perf_counter()
        print(f"{part.__name__} …", file=sys.stderr)
        yield from part(bench)
        yield Row(f"{part.__name__}: seconds in all", time.perf_counter() - began)


def begun(sizes: Sizes, device: str, folder: Path) -> Bench:
    from headstart import data

    draw(folder / "data", sizes)
    dataset = data.load(folder / "data").dataset
    return Bench(sizes, device, folder, dataset, data.partition(dataset, seed=0))


def draw(folder: Path, sizes: Sizes) -> None:
    """Gratings in noise, a direction and a colour for each class."""
    from PIL import Image

    rng, side = np.random.default_rng(0), sizes.side
    y, x = np.mgrid[:side, :side] / side
    for index in range(sizes.pictures):
        label = index % CLASSES
        angle, waves = math.pi * (label + rng.normal(0, 0.15)) / CLASSES, rng.uniform(4, 9)
        wave = np.sin(2 * math.pi * (waves * (x * math.cos(angle) + y * math.sin(angle)) + rng.random()))
        tint = np.array([40.0 if band == label % 3 else 0.0 for band in range(3)])
        picture = 110 + 50 * wave[..., None] + tint + rng.normal(0, 25, (side, side, 3))
        place = folder / f"class-{label}" / f"{index:05d}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(place, quality=90)


def frozen(bench: Bench) -> Iterator[Row]:
    """Features and logits of `small` and of the larger network, held against the CPU's."""
    index = bench.partition.train[: 256 if bench.sizes.judged else 16]
    for network in (_small(), _larger(bench)):
        there, seconds = timed(lambda network=network: _features(bench, network, index, bench.device))
        here, _ = timed(lambda network=network: _features(bench, network, index, "cpu"))
        yield Row(f"frozen features, {network.name}: pictures a second", len(index) / seconds)
        yield from _parity(network.name, there, here)


def _parity(name: str, there: Features, here: Features) -> Iterator[Row]:
    top = list(here.x)[-1]
    yield difference(f"frozen features, {name}", there.x[top], here.x[top])
    if there.logits is not None and here.logits is not None:
        yield difference(f"frozen logits, {name}", there.logits, here.logits)
        equal = float((there.logits.argmax(1) == here.logits.argmax(1)).mean())
        # Random weights say nearly the same of all classes, and any rounding may change their order.
        yield Row(
            f"frozen classes, {name}: share equal", equal, LEAST_EQUAL if name == "small" else -math.inf
        )


def difference(what: str, there: np.ndarray, here: np.ndarray) -> Row:
    worst, largest = (float(np.abs(values).max()) for values in (there - here, here))
    return Row(f"{what}: max abs difference", worst, high=PARITY * largest)


def _features(bench: Bench, network: Backbone, index: np.ndarray, device: str) -> Features:
    from headstart.extraction import extract
    from headstart.runtime import Execution

    execution = Execution(runtime="torch", device=device, keep="none")
    return extract(bench.dataset, index, network, execution=execution)


def _small() -> Backbone:
    from headstart import backbone

    return backbone.load("small")


def _larger(bench: Bench) -> Backbone:
    """timm's, with random weights."""
    import timm
    import torch
    from safetensors.torch import save_file

    from headstart import backbone

    torch.manual_seed(0)
    file = bench.folder / "weights.safetensors"
    save_file(timm.create_model(bench.sizes.network, num_classes=10).state_dict(), file)
    side = bench.sizes.network_side
    return backbone.load(f"timm:{bench.sizes.network}", weights=str(file), image_size=side)


def timed(work: Callable[[], Features]) -> tuple[Features, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def trainings(bench: Bench) -> Iterator[Row]:
    """Cases 3 and 4; the fine-tuned network as a bundle, held against itself on the CPU."""
    from headstart import assess, model
    from headstart.planning import cases
    from headstart.runtime import Execution
    from headstart.training.fit import fit
    from headstart.training.task import Settings

    network, recipe = _small(), {"epochs": bench.sizes.epochs, "batch_size": bench.sizes.batch}
    ways = {
        "fine-tuning (case 3)": cases.make(3, network, fallback="none", recipe=recipe),
        "from scratch (case 4)": cases.make(4, network, init="random", fallback="none", recipe=recipe),
    }
    execution, settings = Execution(device=bench.device), Settings(device=bench.device)
    report, named = bench.partition.report, bench.partition.report_name
    for index, (what, plan) in enumerate(ways.items()):
        fitted = fit(plan, network, bench.dataset, bench.partition, execution=execution, settings=settings)
        found = model.Model.of(fitted)
        evaluation = assess.evaluate(found, bench.dataset, report, named, execution=execution)
        yield Row(f"{what}: accuracy", evaluation.accuracy, bench.least(LEAST_ACCURACY))
        yield Row(f"{what}: seconds of an epoch", fitted.history[-1].seconds)
        if index == 0:
            model.save(found, bench.folder / "bundle")
    yield from _bundle(bench)


def _bundle(bench: Bench) -> Iterator[Row]:
    from headstart import model
    from headstart.runtime import Execution

    loaded = model.load(bench.folder / "bundle")
    paths = [bench.dataset.paths[i] for i in bench.partition.report]
    began = time.perf_counter()
    there = loaded.probabilities(paths, execution=Execution(device=bench.device))
    seconds = time.perf_counter() - began
    here = loaded.probabilities(paths, execution=Execution(runtime="torch", device="cpu"))
    yield Row("bundle: pictures a second, starting included", len(paths) / seconds)
    yield difference("bundle, probabilities", there, here)
    yield Row("bundle: classes unlike the CPU's", int((there.argmax(1) != here.argmax(1)).sum()), high=0)


def pretraining(bench: Bench) -> Iterator[Row]:
    from headstart.source.pretrain import RECIPE, pretrain
    from headstart.training.task import Settings

    recipe = replace(RECIPE, epochs=bench.sizes.epochs, batch_size=bench.sizes.batch)
    done = pretrain(
        bench.dataset,
        bench.partition,
        bench.folder / "source",
        name="gratings",
        recipe=recipe,
        settings=Settings(device=bench.device),
    )
    yield Row("pre-training: accuracy", done.accuracy, bench.least(LEAST_ACCURACY))
    yield Row("pre-training: seconds of an epoch", done.history[-1].seconds)


def speed(bench: Bench) -> Iterator[Row]:
    """Pictures a second of fine-tuning the larger network, decoded pictures in memory, against a bare loop."""
    ours, bare = _ours(bench), _bare(bench)
    yield Row(f"fine-tuning {bench.sizes.network}: pictures a second", ours)
    yield Row(f"bare loop, {bench.sizes.network}: pictures a second", bare)
    yield Row("of the bare loop", ours / bare, bench.least(LEAST_SPEED))


def _ours(bench: Bench) -> float:
    from headstart.data.preprocess import Preprocess
    from headstart.planning.recipe import Recipe
    from headstart.training import loop
    from headstart.training.batches import Pictures
    from headstart.training.optimizers import ParameterGroup
    from headstart.training.task import Settings, Task

    sizes, train = bench.sizes, bench.partition.train
    side = sizes.network_side
    preprocess = Preprocess(side, side, "bicubic", (0.5,) * 3, (0.5,) * 3)
    pictures = Pictures(bench.dataset.paths, preprocess)
    task = Task(pictures, preprocess, bench.dataset.labels, train, np.array([], np.int64))
    recipe = Recipe(epochs=3, batch_size=sizes.batch, augment="crop", precision=sizes.precision)
    network = _network(sizes)
    groups = [ParameterGroup(list(network.parameters()))]
    history = loop.train(network, groups, task, recipe, 0, Settings(device=bench.device), "speed")
    return len(train) / min(epoch.seconds for epoch in history[1:])


def _bare(bench: Bench) -> float:
    import torch

    sizes, device = bench.sizes, torch.device(bench.device)
    network = _network(sizes).train().to(device).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.05, fused=True)
    x = torch.randn(sizes.batch, 3, sizes.network_side, sizes.network_side, device=device)
    x, y = x.contiguous(memory_format=torch.channels_last), torch.arange(sizes.batch, device=device) % CLASSES

    def steps(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            _step(network, optimizer, x, y, sizes.precision)
        if device.type == "cuda":
            torch.cuda.synchronize()
        return sizes.batch * count / (time.perf_counter() - began)

    steps(4)
    return steps(40 if sizes.judged else 4)


def _step(
    network: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor, precision: str
) -> None:
    import torch

    with torch.autocast(x.device.type, torch.bfloat16, enabled=precision == "bf16"):
        logits = network(x).float()
    optimizer.zero_grad(set_to_none=True)
    torch.nn.functional.cross_entropy(logits, y).backward()
    optimizer.step()


def _network(sizes: Sizes) -> nn.Module:
    import timm
    import torch

    torch.manual_seed(0)
    return timm.create_model(sizes.network, num_classes=CLASSES)


if __name__ == "__main__":
    raise SystemExit(main())

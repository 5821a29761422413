"""Pre-training: any labelled folder becomes a source network with its own card and reference statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart import files
from headstart.backbone import Source
from headstart.backbone import folder as folders
from headstart.backbone.anatomy import dissect
from headstart.backbone.backbone import Stage
from headstart.backbone.filters import first_filters, png
from headstart.backbone.taps import Tapped
from headstart.data.dataset import Dataset, Partition
from headstart.data.depth import levels_of
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, DataError, PlanError
from headstart.evidence import nearness
from headstart.intervals import score
from headstart.planning.recipe import Recipe, check_recipe
from headstart.source.card import FILTERS, markdown
from headstart.training import loop, scoring
from headstart.training.batches import Pictures
from headstart.training.epoch import Epoch
from headstart.training.optimizers import ParameterGroup
from headstart.training.task import Settings, Task

# ImageNet's channel statistics: photographs' in general, and what most networks are trained with.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RECIPE = Recipe(
    epochs=30,
    lr=4e-3,
    weight_decay=0.05,
    batch_size=256,
    warmup=0.1,
    label_smoothing=0.1,
    augment="crop",
    cutmix=0.5,
    ema=0.999,
    optimizer="muon",
)
PHASE = "pre-training"
# Pictures from which the source's feature statistics are taken.
_REFERENCE = 4096


@dataclass(frozen=True)
class Pretrained:
    """folder: where the backbone lies; accuracy on the n report pictures of so many groups, with its interval; the
    epochs in order."""

    folder: Path
    accuracy: float
    n: int
    groups: int
    interval: tuple[float, float]
    history: tuple[Epoch, ...]


def pretrain(
    dataset: Dataset,
    partition: Partition,
    output: Path,
    *,
    name: str,
    network: str = "small",
    model_kwargs: Mapping[str, Any] | None = None,
    image_size: int = 64,
    recipe: Recipe = RECIPE,
    seed: int = 0,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    command: str = "",
    notes: str = "",
) -> Pretrained:
    """Trains `network` from random weights on the partition's train pictures and writes a backbone to `output`.

    name: what the data set is called in the card; model_kwargs: options of the architecture; notes: Markdown that the
    card ends with. Raises what check() does, DataError where there is nothing to learn or to measure, PictureError,
    OutputError, and PlanError where the loss is no number.
    """
    kwargs = dict(model_kwargs or {})
    check(network, image_size, recipe, seed, kwargs)
    _demand(dataset, partition)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = folders.blank(network, len(dataset.classes), kwargs)
    module = made.module
    levels = levels_of(dataset, partition.train)
    preprocess = Preprocess(image_size, image_size, "bicubic", MEAN, STD, levels)
    stages = dissect(module, made.taps, made.head, image_size).stages
    task = Task(
        Pictures(dataset.pictures, preprocess, settings.workers, truncated=dataset.truncated),
        preprocess,
        dataset.labels,
        partition.train,
        partition.selection,
        fingerprint=dataset.fingerprint,
    )
    history = loop.train(module, parameter_groups(made), task, recipe, seed, settings, PHASE)
    recipe = replace(recipe, precision=history[-1].precision)
    folders.round_(module)
    device = scoring.device_of(settings.device)
    with scoring.placed(module, device):
        source = _measure_source(module, stages, task, partition.report, name, dataset.classes, device)
        probabilities = scoring.predict(module, task, partition.report, device)
    correct = probabilities.argmax(1) == dataset.labels[partition.report]
    result = Pretrained(output, history=history, **vars(score(correct, dataset.groups[partition.report])))
    facts = {
        "parameters": sum(p.numel() for p in module.parameters()),
        **_training(dataset, partition, recipe, seed, result, command),
        **({"levels": list(levels)} if levels else {}),
        "device": _device_name(settings.device),
        "threads": history[-1].threads,
    }
    # Levels are a set's own: the pictures that the network will be used on have theirs.
    plain = replace(preprocess, levels=None)
    _write(output, module, folders.Card(network, plain, source, "", facts, kwargs), notes)
    return result


def _write(output: Path, module: torch.nn.Module, card: folders.Card, notes: str) -> None:
    mosaic = first_filters(module)
    if mosaic is not None:
        files.write_bytes(output / FILTERS, png(mosaic))
    folders.write(
        output, module, card, lambda sealed: markdown(sealed, filters=mosaic is not None, notes=notes)
    )


def _device_name(device: str) -> str:
    kind = scoring.device_of(device)
    return torch.cuda.get_device_name(kind) if kind.type == "cuda" else kind.type.upper()


def _demand(dataset: Dataset, partition: Partition) -> None:
    """Raises DataError where there are too few classes or pictures."""
    counts = {
        "classes": len(dataset.classes),
        "training pictures": len(partition.train),
        f"{partition.report_name} pictures": len(partition.report),
    }
    for what, least in zip(counts, (2, 2, 1), strict=True):
        if counts[what] < least:
            raise DataError(f"pretrain: {counts[what]} {what}; expected {least} or more; add pictures")


def check(
    network: str,
    image_size: int,
    recipe: Recipe,
    seed: int = 0,
    model_kwargs: Mapping[str, Any] | None = None,
) -> None:
    """Refuses before any work what cannot run.

    Raises BackboneError where the network is unknown or does not take its options, `image_size` or the recipe's start
    size, PlanError for a seed or a recipe with a value outside its range.
    """
    check_recipe(recipe, image_size, "pretrain")
    if not 0 <= seed < 2**31:
        raise PlanError(f"pretrain: seed is {seed}; expected 0 to {2**31 - 1}")
    if recipe.batch_size < 2:
        raise PlanError(
            "pretrain: batch normalisation needs pictures beside each other; expected --batch-size 2 or more"
        )
    with torch.random.fork_rng(devices=[]):
        made = folders.blank(network, 2, model_kwargs)
    sides = {image_size: "--image-size"}
    if recipe.start_size:
        sides.setdefault(recipe.start_size, "--start-size")
    for side, flag in sides.items():
        trouble = dissect(made.module, made.taps, made.head, side).trouble
        if trouble:
            raise BackboneError(f"{network} does not take {side} px ({trouble}); choose another {flag}")


def parameter_groups(made: folders.Blank) -> list[ParameterGroup]:
    """Matrices, the classifier, and vectors, which are not decayed."""
    head = {id(p) for p in made.module.get_submodule(made.head).parameters()}
    matrices = [p for p in made.module.parameters() if p.ndim > 1]
    vectors = [p for p in made.module.parameters() if p.ndim <= 1]
    return [
        ParameterGroup([p for p in matrices if id(p) not in head]),
        ParameterGroup([p for p in matrices if id(p) in head], classifier=True),
        ParameterGroup(vectors, decay=False),
    ]


def _measure_source(
    module: torch.nn.Module,
    stages: tuple[Stage, ...],
    task: Task,
    held_out: np.ndarray,
    name: str,
    classes: tuple[str, ...],
    device: torch.device,
) -> Source:
    """Reference statistics of pooled features and the head's entropy, on held-out source pictures; device: where the
    network is."""
    chosen = held_out[np.linspace(0, len(held_out) - 1, min(_REFERENCE, len(held_out))).astype(int)]
    tapped = Tapped(module, stages, "avg", logits=True).eval()
    rows: list[list[np.ndarray]] = []
    parts = np.array_split(chosen, max(1, -(-len(chosen) // 256)))
    with torch.inference_mode():
        for _, batch in task.pictures.batches(parts, 0, 0, "none"):
            x = torch.from_numpy(task.preprocess.normalise(batch)).to(device)
            rows.append([tensor.cpu().numpy() for tensor in tapped(x)])
    *cuts, logits = (np.concatenate(column).astype(np.float64) for column in zip(*rows, strict=True))
    statistics = {
        stage.name: {"mean": _rounded(x.mean(0)), "var": _rounded(x.var(0))}
        for stage, x in zip(stages, cuts, strict=True)
    }
    return Source(name, len(classes), classes, statistics, nearness.entropy(logits))


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def _training(
    dataset: Dataset, partition: Partition, recipe: Recipe, seed: int, result: Pretrained, command: str
) -> dict[str, Any]:
    import platform

    return {
        "pictures": len(partition.train),
        "data_fingerprint": dataset.fingerprint,
        "recipe": asdict(recipe),
        "seed": seed,
        "accuracy": result.accuracy,
        "n": result.n,
        "groups": result.groups,
        "interval": list(result.interval),
        "seconds": round(sum(epoch.seconds for epoch in result.history)),
        "split": partition.report_name,
        "command": command,
        "versions": {"python": platform.python_version(), "torch": torch.__version__.partition("+")[0]},
        "log": [{k: _short(v) for k, v in epoch.to_dict().items()} for epoch in result.history],
    }


def _short(value: Any) -> Any:
    return float(f"{value:.5g}") if isinstance(value, float) else value

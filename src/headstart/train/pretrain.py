"""Pre-training: any labelled folder becomes a source network with its own card and reference statistics."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.backbone import Source, home
from headstart.backbone.anatomy import dissect
from headstart.backbone.backbone import Stage
from headstart.backbone.taps import Tapped
from headstart.data.dataset import Dataset, Partition
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, PlanError
from headstart.intervals import wilson
from headstart.plan.plan import Recipe
from headstart.train import loop
from headstart.train.batches import Pictures
from headstart.train.loop import Settings, Task

# ImageNet's channel statistics: photographs' in general, and what most networks are trained with.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RECIPE = Recipe(
    epochs=14,
    lr=2e-3,
    weight_decay=0.05,
    batch_size=256,
    warmup=0.1,
    label_smoothing=0.1,
    augment="crop",
    ema=0.999,
)
# Pictures from which the source's feature statistics are taken.
_REFERENCE = 4096


@dataclass(frozen=True)
class Pretrained:
    """folder: where the backbone lies; accuracy on the n report pictures with its interval; history per epoch."""

    folder: Path
    accuracy: float
    n: int
    interval: tuple[float, float]
    history: tuple[dict[str, Any], ...]


def pretrain(
    dataset: Dataset,
    partition: Partition,
    output: Path,
    *,
    name: str,
    network: str = "demo-cnn",
    image_size: int = 64,
    recipe: Recipe = RECIPE,
    seed: int = 0,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    command: str = "",
) -> Pretrained:
    """Trains `network` from random weights on the partition's train pictures and writes a backbone to `output`.

    name: what the data set is called in the card. Raises BackboneError where the network does not take
    `image_size`, PlanError for a recipe that cannot run.
    """
    if recipe.epochs < 1 or recipe.batch_size < 2:
        raise PlanError("pretrain: the recipe needs epochs >= 1 and batch_size >= 2")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = home.architecture(network)(num_classes=len(dataset.classes))
    preprocess = Preprocess(image_size, image_size, "bicubic", MEAN, STD)
    taps = [info["module"] for info in module.feature_info]  # pyright: ignore[reportGeneralTypeIssues]
    anatomy = dissect(module, taps, str(module.classifier_name), image_size)
    if anatomy.trouble:
        raise BackboneError(
            f"{network} does not take {image_size} px ({anatomy.trouble}); choose another --image-size"
        )
    stages = anatomy.stages
    pictures = Pictures(dataset.paths, preprocess, settings.workers)
    task = Task(pictures, preprocess, dataset.labels, partition.train, partition.selection)
    pictures.warm(partition.train)
    history = loop.train(module, _groups(module), task, recipe, seed, settings, "pre-training")
    source = _source(module, stages, task, partition.report, name, dataset.classes)
    probabilities = loop.predict(module, task, partition.report, torch.device("cpu"))
    hits = int((probabilities.argmax(1) == dataset.labels[partition.report]).sum())
    result = Pretrained(
        output,
        hits / len(partition.report),
        len(partition.report),
        wilson(hits, len(partition.report)),
        history,
    )
    card = home.Card(
        network, preprocess, source, "", _training(dataset, partition, recipe, seed, result, command)
    )
    home.write(output, module, card, _readme(card, result))
    return result


def _groups(module: torch.nn.Module) -> list[dict]:
    parameters = list(module.parameters())
    return [
        {"params": [p for p in parameters if (p.ndim > 1) is decay], "scale": 1.0, "decay": decay}
        for decay in (True, False)
    ]


def _source(
    module: torch.nn.Module,
    stages: tuple[Stage, ...],
    task: Task,
    held_out: np.ndarray,
    name: str,
    classes: tuple[str, ...],
) -> Source:
    """Reference statistics of pooled features and the head's entropy, on held-out source pictures."""
    chosen = held_out[np.linspace(0, len(held_out) - 1, min(_REFERENCE, len(held_out))).astype(int)]
    tapped = Tapped(module, stages, "avg", logits=True).eval()
    rows: list[list[np.ndarray]] = []
    parts = np.array_split(chosen, max(1, -(-len(chosen) // 256)))
    with torch.inference_mode():
        for _, batch in task.pictures.batches(parts, 0, 0, "none"):
            rows.append([t.numpy() for t in tapped(torch.from_numpy(task.preprocess.normalise(batch)))])
    *cuts, logits = (np.concatenate(column).astype(np.float64) for column in zip(*rows, strict=True))
    statistics = {
        stage.name: {"mean": _rounded(x.mean(0)), "var": _rounded(x.var(0))}
        for stage, x in zip(stages, cuts, strict=True)
    }
    shifted = logits - logits.max(1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    entropy = float(-(np.exp(log_p) * log_p).sum(1).mean() / math.log(len(classes)))
    return Source(name, len(classes), classes, statistics, entropy)


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
        "interval": list(result.interval),
        "split": partition.report_name,
        "command": command,
        "versions": {"python": platform.python_version(), "torch": torch.__version__.partition("+")[0]},
        "log": [{k: _short(v) for k, v in record.items()} for record in result.history],
    }


def _short(value: Any) -> Any:
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _readme(card: home.Card, result: Pretrained) -> str:
    facts, recipe = card.training, card.training["recipe"]
    low, high = result.interval
    rows = "\n".join(f"| {key} | {value} |" for key, value in recipe.items())
    log = "\n".join(
        f"| {r['epoch']} | {r['train_loss']:.3f} | {r['lr']:.2g} | {r['seconds']:.0f} |"
        for r in result.history
    )
    return f"""# {card.network}, pre-trained on {card.source.dataset}

| | |
|-|-|
| network | {card.network}, {card.preprocess.size}×{card.preprocess.size} pixels |
| data | {card.source.dataset}: {facts["pictures"]} training pictures, {card.source.num_classes} classes |
| top-1 accuracy | {result.accuracy:.4f} on {result.n} {facts["split"]} pictures |
| 95 % interval | {low:.4f} to {high:.4f} |
| source head's entropy / log S | {card.source.entropy:.3f} |
| seed | {facts["seed"]} |
| command | `{facts["command"]}` |
| data fingerprint | `{facts["data_fingerprint"]}` |
| SHA-256 | in `backbone.json`, checked at every load |

Trained from random weights by this project; no weights of others are in it.

## Recipe

| | |
|-|-|
{rows}

## Log

| epoch | training loss | rate | seconds |
|-|-|-|-|
{log}
"""

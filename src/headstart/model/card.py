"""The model card: a bundle's README, from what was measured and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headstart.counts import pictures
from headstart.data.preprocess import Preprocess
from headstart.model.formats.neighbours import NEIGHBOURS
from headstart.model.info import BundleInfo
from headstart.model.model import Model
from headstart.strangers import markdown

LIMITS = (
    "The accuracy is for pictures like those it was measured on; the terms of the backbone's source data and of your "
    "own pictures apply to what you do with it."
)
_TIMM = """```python
import timm
network = timm.create_model("local-dir:PATH/TO/THIS/FOLDER", pretrained=True).eval()  # equal logits
```"""


def text(model: Model, info: BundleInfo, loads_in_timm: bool) -> str:
    """Markdown for the bundle's README.md."""
    plan, prepared = model.plan, model.backbone.preprocess
    sections = [
        f"# Image classifier: {len(model.classes)} classes",
        scores(info.metrics),
        "## Use",
        "```python\nimport headstart\nmodel = headstart.load('PATH/TO/THIS/FOLDER')\n"
        "probabilities = model.probabilities(['picture.jpg'])  # [1, classes]\n```",
        "Predicting imports no torch: `network/` holds the converted network.",
        "timm loads it too:\n\n" + _TIMM
        if loads_in_timm
        else "timm does not load this one (it is not a timm network cut at the top with one linear layer); "
        "`headstart.load` does.",
        "## How it was made",
        f"- backbone: {markdown(plan.backbone)}, weights SHA-256 `{plan.weights_sha256[:16]}…`\n"
        f"- case {plan.case}, cut at {markdown(' + '.join(plan.cut))}, pooled by {plan.pool}, "
        f"{plan.head_layers} linear layer{'s' if plan.head_layers > 1 else ''}\n"
        f"- input: {prepared.size} px (shorter side to {prepared.resize}, {prepared.interpolation}, centre crop), "
        f"mean {list(prepared.mean)}, std {list(prepared.std)}{_levels(prepared)}\n"
        f"- seed {plan.seed}; data fingerprint `{info.data_fingerprint[:16]}…`",
        "\n".join(f"- {markdown(reason)}" for reason in (*plan.summary, *plan.reasons)),
        "## Classes",
        ", ".join(markdown(name) for name in model.classes),
        _held(model, info),
        "## Limits",
        f"{_strangers(model)} {LIMITS}",
    ]
    return "\n\n".join(part for part in sections if part) + "\n"


def _held(model: Model, info: BundleInfo) -> str:
    """What of the pictures the bundle holds, so that nobody gives away more than is meant."""
    count, parts = len(model.neighbours) if model.neighbours else 0, list[str]()
    if count:
        parts.append(f"of {pictures(count)} file names, short digests and features (`{NEIGHBOURS}`)")
    if info.trained_on:
        parts.append("of all that it was trained and reported on short digests (`headstart.json`)")
    if not parts:
        return ""
    return (
        f"## What it holds of the pictures\n\nNo pictures; {'; '.join(parts)}. Who has a picture can tell by its "
        "digest whether it was among them."
    )


def _strangers(model: Model) -> str:
    """What becomes of pictures of none of the classes."""
    if model.certainty.familiar is None:
        return "It names one of the classes above for any picture whatever."
    return "`headstart predict` calls pictures that are unlike the training pictures none of these; others it may name."


def _levels(prepared: Preprocess) -> str:
    if prepared.levels is None:
        return ""
    low, high = prepared.levels
    return f"; in greys of more than 8 bits {low:.6g} is black and {high:.6g} white"


def scores(metrics: Mapping[str, Any]) -> str:
    """A table of what was measured, each accuracy with its interval; "" where nothing was."""
    rows = [
        _row(f"{name} split", score, f"balanced {score['balanced_accuracy']:.4f}")
        for name, score in metrics.get("splits", {}).items()
    ]
    rows += [
        _row(name, score, markdown(score.get("how", "")))
        for name, score in metrics.get("baselines", {}).items()
    ]
    if not rows:
        return ""
    return "\n".join(["| | accuracy | 95 % interval | pictures | |", "|-|-|-|-|-|", *rows])


def _row(name: str, score: Mapping[str, Any], note: str) -> str:
    low, high = score["interval"]
    return f"| {markdown(name)} | {score['accuracy']:.4f} | {low:.4f} to {high:.4f} | {_behind(score)} | {note} |"


def _behind(score: Mapping[str, Any]) -> str:
    """The pictures behind an accuracy, and their groups where these are fewer."""
    n, groups = score["n"], score.get("groups", score["n"])
    return str(n) if groups == n else f"{n} of {groups} groups"

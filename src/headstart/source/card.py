"""The card of a pre-trained network for people, in Markdown: what it is, how it was made, how its filters look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headstart.backbone.folder import Card
from headstart.strangers import markdown as escaped
from headstart.strangers import plain

FILTERS = "filters.png"
# Column of the log: its heading, and how its values are written.
_COLUMNS = {
    "epoch": ("epoch", "d"),
    "size": ("pixels", "d"),
    "train_loss": ("training loss", ".3f"),
    "lr": ("rate", ".2g"),
    "seconds": ("seconds", ".0f"),
    "selection_accuracy": ("val top-1", ".4f"),
}


def markdown(card: Card, *, filters: bool, notes: str = "") -> str:
    """The card as Markdown. filters: whether FILTERS lies beside it; notes: Markdown that it ends with."""
    parts = [
        f"# {card.network}, pre-trained on {escaped(card.source.dataset)}",
        _table(("", ""), _facts(card)),
        "Trained from random weights by `headstart pretrain`; no weights of others are in it.",
    ]
    if filters:
        parts.append(
            f"![The filters of the first convolution, as learnt]({FILTERS})\n\n"
            "The filters of the first convolution, each scaled by its greatest weight: grey is 0."
        )
    parts += ["## Recipe", _table(("", ""), card.training["recipe"].items())]
    parts += ["## Log", _log(card.training["log"])]
    return "\n\n".join([*parts, *([notes.strip()] if notes.strip() else [])]) + "\n"


def _grouped(facts: Mapping[str, Any]) -> str:
    """How many groups the pictures behind the accuracy belong to, where these are fewer."""
    groups = facts.get("groups", facts["n"])
    return "" if groups == facts["n"] else f" of {groups:,} groups"


def _facts(card: Card) -> Iterable[tuple[str, str]]:
    facts, side = card.training, card.preprocess.size
    low, high = facts["interval"]
    options = "".join(f", {key}={value!r}" for key, value in card.model_kwargs.items())
    yield "network", f"{card.network}{options}, {side}×{side} pixels, {facts['parameters']:,} parameters"
    yield (
        "data",
        f"{card.source.dataset}: {facts['pictures']:,} training pictures, {card.source.num_classes} classes",
    )
    yield (
        "top-1 accuracy",
        f"{facts['accuracy']:.4f} on {facts['n']:,} {facts['split']} pictures{_grouped(facts)}",
    )
    yield "95 % interval", f"{low:.4f} to {high:.4f}"
    yield "source head's entropy / log S", f"{card.source.entropy:.3f}"
    yield "seed", str(facts["seed"])
    if facts["command"]:
        yield "command", f"`{facts['command']}`"
    yield (
        "training",
        f"{len(facts['log'])} epochs, {facts['seconds'] / 60:.0f} minutes on {facts['device']}, "
        f"{facts['threads']} thread{'s' if facts['threads'] > 1 else ''}",
    )
    yield "data fingerprint", f"`{facts['data_fingerprint']}`"
    yield "SHA-256 of model.safetensors", f"`{card.sha256}`"


def _log(records: Iterable[Mapping[str, Any]]) -> str:
    records = list(records)
    shown = [name for name in _COLUMNS if any(name in record for record in records)]
    rows = ([format(record[name], _COLUMNS[name][1]) for name in shown] for record in records)
    return _table(tuple(_COLUMNS[name][0] for name in shown), rows)


def _table(head: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    lines = [head, ("-",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    return plain(str(value)).replace("|", "\\|")

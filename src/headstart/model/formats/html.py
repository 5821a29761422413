"""classifier.html: one file that anyone can open; the network runs in the page (headstart.web)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from headstart import files
from headstart.certainty.familiar import K
from headstart.errors import BackboneError
from headstart.model.formats.reader import ON_CPU, said
from headstart.model.model import Model
from headstart.runtime.openvino import OpenVINORuntime
from headstart.web import node
from headstart.web.blob import Blob
from headstart.web.graph import Graph
from headstart.web.page import page
from headstart.web.walk import walk
from headstart.web.written import network

NAME = "classifier.html"
ALLOWED = 2e-2  # by which a probability may differ: weights are kept in half precision
NEIGHBOURS_BYTES = 900_000  # of training pictures at the head's input; more would make the page too large
_CHECKED = 4  # frames
_STRICTLY = replace(ON_CPU, runtime="openvino")  # whose operations the page runs


def write(model: Model, path: Path) -> dict[str, Any]:
    """Writes the page, atomically, and says what was checked:

    {"bytes": of the file, "familiar": whether it tells strangers, "map": whether it shows where it looked,
    "checked": None where there is no node, else {"frames": N, "largest_difference": of the probabilities,
    "same_answers": of the N}}.

    Raises BackboneError that names an operation which the page does not know, or where its answers are not the
    bundle's; OutputError.
    """
    from importlib.metadata import version

    graph = _graph(model)
    values, weights = _values(model, graph)
    html = page(values, weights, version("headstart"))
    checked = _checked(model, html)
    files.write_bytes(path, html.encode("utf-8"))
    return {
        "bytes": path.stat().st_size,
        "familiar": values["familiar"] is not None,
        "map": all(cut.map is not None for cut in graph.cuts),
        "checked": checked,
    }


def _graph(model: Model) -> Graph:
    runtime = model.runtime(_STRICTLY)
    assert isinstance(runtime, OpenVINORuntime)
    return walk(runtime.model, model.backbone.name)


def check_frame(size: int) -> np.ndarray:
    """uint8 [size, size, 3]: checkFrame() of answer.js, by which a browser is asked whether it calculates rightly."""
    y, x, c = np.ogrid[:size, :size, :3]
    return ((7 * x + 13 * y + 85 * c + ((x * y) >> 3)) & 255).astype(np.uint8)


def _values(model: Model, graph: Graph) -> tuple[dict[str, Any], str]:
    """(what page.js and the engine read, the numbers as text)"""
    blob, prepared = Blob(), model.backbone.preprocess
    head = [
        {"weight": blob.add(weight, exact=True), "bias": blob.add(bias)} for weight, bias in model.head.layers
    ]
    familiar = _familiar(model, blob)
    values = {
        "classes": list(model.classes),
        **network(graph, prepared, blob),
        "head": head,
        "temperature": model.certainty.temperature or 1.0,
        "calibrated": model.certainty.temperature is not None,
        "decision": _decision(model),
        "familiar": familiar,
        "expected": [
            float(p) for p in said(model, check_frame(prepared.size)[None], _STRICTLY).probabilities[0]
        ],
        "allowed": ALLOWED,
        "card": _card(model, graph, familiar is not None),
        "sections": blob.sections(),
    }
    return values, blob.text()


def _decision(model: Model) -> dict[str, Any]:
    if model.decision is None:
        return {"thresholds": []}
    if model.decision.costs:
        return {"costs": [list(row) for row in model.decision.costs], "thresholds": []}
    return {"thresholds": [[model.classes.index(one.name), one.value] for one in model.decision.thresholds]}


def _familiar(model: Model, blob: Blob) -> dict[str, Any] | None:
    """The line to strangers and the pictures that it is drawn by, in 8 bits; None where the bundle has none, or too
    many."""
    neighbours, familiar = model.neighbours, model.certainty.familiar
    if neighbours is None or familiar is None or neighbours.x.size > NEIGHBOURS_BYTES:
        return None
    x, scale = _in_bytes(neighbours.x)
    return {
        "line": familiar.line,
        "k": K,
        "widths": list(neighbours.widths),
        "x": blob.add(x),
        "scale": blob.add(scale),
    }


def _in_bytes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows as they are, float16 [M, D], or where these would be too large in 8 bits; and float32 [M], the scale of
    each."""
    if x.nbytes <= NEIGHBOURS_BYTES:
        return x, np.ones(len(x), np.float32)
    wide = x.astype(np.float32)
    scale = np.maximum(np.abs(wide).max(axis=1), 1e-12) / 127
    return np.round(wide / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def _card(model: Model, graph: Graph, familiar: bool) -> list[str]:
    """What the page says about itself."""
    prepared = model.backbone.preprocess
    said = [
        f"The network is {model.backbone.name}. It sees {prepared.size} × {prepared.size} pixels, the middle of the "
        "picture.",
        "Its weights are kept in half precision. When it is opened, it is asked about a picture whose answer is known.",
        "Browsers decode some files a little differently, so that a probability may differ a little from "
        "“headstart predict”.",
    ]
    if not familiar:
        said.append("It cannot tell a picture that is of none of its classes: it always names one.")
    if any(cut.map is None for cut in graph.cuts):
        said.append(
            "It cannot show where it looked: what its network does last is more than sums over places."
        )
    if prepared.levels:
        said.append("It is not made for greys of more than 8 bits; “headstart predict” is.")
    return said


def _checked(model: Model, html: str) -> dict[str, Any] | None:
    """The page's own answers beside the bundle's, on frames of noise; None without node. Raises BackboneError."""
    if node.found() is None:
        return None
    size = model.backbone.preprocess.size
    noise = np.random.default_rng(0).integers(0, 256, (_CHECKED - 1, size, size, 3), np.uint8)
    frames = np.concatenate([check_frame(size)[None], noise])
    expected = said(model, frames, _STRICTLY).probabilities
    got = np.array([found["probabilities"] for found in node.ask(html, list(frames), "frames")])
    away = float(np.abs(got - expected).max())
    if not away <= ALLOWED:
        raise BackboneError(
            f"{model.backbone.name}: the page's probabilities differ by {away:.3f} from the bundle's, more than "
            f"{ALLOWED}; export to another format"
        )
    same = int((got.argmax(1) == expected.argmax(1)).sum())
    return {"frames": len(frames), "largest_difference": round(away, 6), "same_answers": same}

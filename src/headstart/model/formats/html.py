"""classifier.html: one file that anyone can open; the network runs in the page (headstart.web)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import headstart
from headstart import files
from headstart.backbone import Backbone
from headstart.certainty.familiar import ROOM, K
from headstart.model.formats.format import Format
from headstart.model.formats.reader import ON_CPU, Outputs, Reader, Unread, said
from headstart.model.model import Model
from headstart.runtime.openvino import OpenVINORuntime
from headstart.strangers import plain
from headstart.web import node
from headstart.web.blob import Blob
from headstart.web.graph import Graph
from headstart.web.page import page
from headstart.web.walk import walk
from headstart.web.written import network

FORMAT = Format(
    ending=".html",
    about="a page that anyone can open, without network; the classifier runs in it, on any computer or phone",
    use="""Open `FILE.html` in a browser, and choose a picture, drop or paste one, or point the camera at something. The
page is one file: it can be kept, mailed and copied. It sends nothing and asks for nothing.""",
    strangers=lambda model, bits: _fitting(model, bits) is not None,
    bits=(16, 8),
)
NAME = "classifier.html"
ALLOWED = {16: 2e-2, 8: 1e-1}  # by which a probability may differ where weights are rounded to so many bits
KEPT = {16: "half precision", 8: "8 bits"}  # what is said of weights
KEPT_IN = {16: "halves", 8: "eights"}  # the page's own sentence
NEIGHBOURS: dict[int, int] = dict(zip((16, 8), ROOM, strict=True))  # numbers that a page has room for
COVERAGE = 0.9  # of the sets of classes that the page shows
SURE = 0.9  # as sure as the page is of a name from the taxonomy
_STRICTLY = replace(ON_CPU, runtime="openvino")  # whose operations the page runs


def export(model: Model, place: Path, bits: int = 16) -> None:
    """Writes the page, atomically; bits: see text(). Raises BackboneError that names an operation which it does not
    know; OutputError."""
    files.write_text(place, text(model, bits))


def text(model: Model, bits: int = 16) -> str:
    """The page's HTML, with weights of so many bits: 16, half precision, or 8 in its large layers.

    Raises BackboneError that names an operation which it does not know.
    """
    values, weights = _values(model, _graph(model), bits)
    return page(values, weights, headstart.__version__)


def opened(place: Path, model: Model) -> Reader | Unread:
    """The page's engine in node, where there is one."""
    if node.found() is None:
        return Unread(
            "Not checked here: the page's engine is read by node, which is not on this machine. When it is opened, the "
            "page asks itself about a picture whose answer is known, and says so where it answers otherwise."
        )
    engine, bits = node.Engine(place), _bits(place)

    def asked(how: str) -> Callable[[np.ndarray], Outputs]:
        return lambda pictures: Outputs(
            np.array([engine.ask(one, how)["probabilities"] for one in pictures], np.float32)
        )

    tool = f"the page's engine in node, with weights in {KEPT[bits]}"
    return Reader(asked("frames"), asked("pictures"), tool, ALLOWED[bits], engine.close, enough=16)


def _bits(place: Path) -> int:
    """Of the weights of a page."""
    found = re.search(r'"bits":(\d+)', place.read_text(encoding="utf-8"))
    assert found
    return int(found[1])


def _graph(model: Model) -> Graph:
    runtime = model.runtime(_STRICTLY)
    assert isinstance(runtime, OpenVINORuntime)
    return walk(runtime.model, model.backbone.name)


def check_frame(size: int) -> np.ndarray:
    """uint8 [size, size, 3]: checkFrame() of answer.js, by which a browser is asked whether it calculates rightly."""
    y, x, c = np.ogrid[:size, :size, :3]
    return ((7 * x + 13 * y + 85 * c + ((x * y) >> 3)) & 255).astype(np.uint8)


def _values(model: Model, graph: Graph, bits: int) -> tuple[dict[str, Any], str]:
    """(what page.js and the engine read, the numbers as text)"""
    blob, prepared = Blob(), model.backbone.preprocess
    head = [
        {"weight": blob.add(weight, exact=True), "bias": blob.add(bias)} for weight, bias in model.head.layers
    ]
    familiar = _familiar(model, blob, bits)
    values = {
        "classes": [plain(name) for name in model.classes],
        **network(graph, prepared, blob, bits),
        "bits": bits,
        "head": head,
        "temperature": model.certainty.temperature or 1.0,
        "calibrated": model.certainty.temperature is not None,
        "decision": _decision(model),
        "familiar": familiar,
        "sets": _sets(model),
        "tree": _tree(model),
        "expected": [
            float(p) for p in said(model, check_frame(prepared.size)[None], _STRICTLY).probabilities[0]
        ],
        "allowed": ALLOWED[bits],
        "card": [*card(model.backbone, graph, _lacks(model, familiar), bits), *_wanted(model)],
        "sections": blob.sections(),
    }
    return values, blob.text()


def _decision(model: Model) -> dict[str, Any]:
    if model.decision is None:
        return {"thresholds": []}
    if model.decision.costs:
        return {"costs": [list(row) for row in model.decision.costs], "thresholds": []}
    return {"thresholds": [[model.classes.index(one.name), one.value] for one in model.decision.thresholds]}


def _sets(model: Model) -> dict[str, float] | None:
    """Up to which score a class belongs to a picture's set: see headstart.certainty.conformal."""
    sets = model.certainty.sets
    return sets and {"coverage": COVERAGE, "score": min(1.0, sets.threshold(COVERAGE))}


def _tree(model: Model) -> dict[str, Any] | None:
    """The taxonomy; leaves: of each node its class's place, -1 for others."""
    tree = model.taxonomy
    if tree is None:
        return None
    place = {name: column for column, name in enumerate(tree.classes)}
    return {
        "sure": SURE,
        "names": [plain(name) for name in tree.names],
        "parents": list(tree.parents),
        "leaves": [place.get(name, -1) for name in tree.names],
    }


def _wanted(model: Model) -> list[dict[str, Any]]:
    """Lines of the card: how a picture is called, where that is not the likeliest class."""
    if model.decision is None:
        return []
    if model.decision.costs:
        return [{"say": "costs"}]
    return [
        {"say": "called_from", "values": {"name": plain(one.name)}, "limits": {"p": one.value}}
        for one in model.decision.thresholds
    ]


def _familiar(model: Model, blob: Blob, bits: int) -> dict[str, Any] | None:
    """The line to strangers and the pictures that it is drawn by, as many as there is room for; None where the bundle
    has no line by so few."""
    fitting, neighbours = _fitting(model, bits), model.neighbours
    if fitting is None or neighbours is None:
        return None
    count, line = fitting
    x, scale = _in_bytes(neighbours.x[neighbours.few(count)], NEIGHBOURS[16] if bits == 16 else 0)
    return {
        "line": line,
        "k": K,
        "widths": list(neighbours.widths),
        "x": blob.add(x),
        "scale": blob.add(scale),
    }


def _fitting(model: Model, bits: int) -> tuple[int, float] | None:
    """(how many of the bundle's neighbours there is room for, the line by so many)"""
    neighbours, familiar = model.neighbours, model.certainty.familiar
    if neighbours is None or familiar is None:
        return None
    lines = ((len(neighbours), familiar.line), *familiar.fewer)
    return next((one for one in lines if one[0] * neighbours.x.shape[1] <= NEIGHBOURS[bits]), None)


def _lacks(model: Model, familiar: dict[str, Any] | None) -> str:
    """The page's sentence that says why it tells no strangers; "" where it does."""
    if familiar is not None:
        return ""
    return "no_line" if model.neighbours is None or model.certainty.familiar is None else "no_room"


def _in_bytes(x: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows as they are, float16 [M, D], or in 8 bits where they have more than `most` bytes; and float32 [M], the scale
    of each."""
    if x.nbytes <= most:
        return x, np.ones(len(x), np.float32)
    wide = x.astype(np.float32)
    scale = np.maximum(np.abs(wide).max(axis=1), 1e-12) / 127
    return np.round(wide / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def card(network: Backbone, graph: Graph, lacks: str = "", bits: int = 16) -> list[dict[str, Any]]:
    """What the page says about itself: names of its sentences ("say"), and what is filled in ("values", "shares",
    "limits").

    lacks: the sentence that says why it tells no strangers; bits: of its weights.
    """
    prepared = network.preprocess
    network_line = {"say": "network", "values": {"name": plain(network.name), "size": prepared.size}}
    told = {
        KEPT_IN[bits]: True,
        "decoding": True,
        lacks: bool(lacks),
        "no_map": any(cut.map is None for cut in graph.cuts),
        "greys": bool(prepared.levels),
    }
    return [network_line, *({"say": name} for name, is_so in told.items() if is_so)]

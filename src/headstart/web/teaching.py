"""teach.html: one file in which a classifier is taught, without network and without an install.

It holds the network and its engine, as classifier.html does, the head's solver, and as plain text the parts of a
classifier.html, which it fills in itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from headstart.web import page as classifier
from headstart.web.page import ENGINE, filled, inert, source

_SOLVER = ("teach/regression.js", "teach/head.js", "teach/certain.js")
_SCRIPT = (
    "pictures.js",
    *(
        f"teach/{name}.js"
        for name in ("notices", "state", "intake", "camera", "learn", "zip", "save", "show", "start")
    ),
)
_MODEL, _WEIGHTS = "the model goes here", "the weights go here"


def page(model: Mapping[str, Any], weights: str, version: str) -> str:
    """model: what the engine reads, without a head, and "features", "allowed" and "card" (see headstart.job.teach);
    weights: Blob.text()."""
    return filled(
        "teach/page.html",
        says=("teach",),
        styles=("tokens.css", "teach/page.css"),
        scripts=_SCRIPT,
        may="img-src blob: data:; worker-src blob:",
        version=version,
        model=inert(model),
        template=inert(_pieces(version)),
        weights=weights,
        engine=source(*ENGINE, *_SOLVER),
        ear=source("turns.js", "teach/ear.js"),
    )


def _pieces(version: str) -> list[str]:
    """classifier.html before, between and behind its model and its weights."""
    whole = classifier.page(_MODEL, _WEIGHTS, version)
    before, rest = whole.split(json.dumps(_MODEL))
    return [before, *rest.split(_WEIGHTS)]

"""What GET /v1/model says of the model."""

from __future__ import annotations

from typing import Any

import headstart
from headstart.model import Model
from headstart.server.limits import Limits

_SCORE = ("accuracy", "n", "groups", "interval", "balanced_accuracy")


def card(model: Model, limits: Limits) -> dict[str, Any]:
    """As JSON; docs/serve.md tells its fields."""
    certainty = model.certainty
    splits = model.info.metrics.get("splits", {})
    return {
        "classes": list(model.classes),
        "backbone": model.backbone.name,
        "image_size": model.backbone.preprocess.size,
        "certainty": {
            "temperature": certainty.temperature,
            "coverage": certainty.sets is not None,
            "least_similarity": certainty.familiar and certainty.familiar.line,
        },
        "decision": model.decision is not None,
        "taxonomy": model.taxonomy is not None,
        "measured": {
            name: {key: score[key] for key in _SCORE if key in score} for name, score in splits.items()
        },
        "version": headstart.__version__,
        "limits": limits.to_dict(),
    }

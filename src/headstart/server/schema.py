"""What answers look like, for /openapi.json. The answers themselves are those of `headstart predict --json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter


@dataclass
class Answer:
    """A class and the probability that it is this one."""

    label: str
    confidence: float


@dataclass
class Prediction:
    """A picture: its name as it was sent, its likeliest class, and more as docs/json.md of headstart tells."""

    path: str
    label: str
    confidence: float
    top: list[Answer]
    out_of_place: bool | None
    similarity: float | None
    decided: str | None = None
    certain: Answer | None = None
    set: list[str] | None = None


@dataclass
class LeftOut:
    """A picture that cannot be used."""

    path: str
    reason: str


@dataclass
class Predictions:
    """predictions: in the order of the files, without those left out."""

    least_similarity: float | None
    predictions: list[Prediction]
    left_out: list[LeftOut]
    truncated: list[str]


@dataclass
class ModelCard:
    """What the server's model is."""

    classes: list[str]
    backbone: str
    image_size: int
    certainty: dict[str, Any]
    decision: bool
    taxonomy: bool
    measured: dict[str, Any]
    version: str
    limits: dict[str, float]


@dataclass
class Health:
    status: str


@dataclass
class Refusal:
    """application/problem+json (RFC 9457); detail: one line that says what to do."""

    type: str
    title: str
    status: int
    detail: str


FILES = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}
                },
                "required": ["file"],
            }
        },
        "image/*": {"schema": {"type": "string", "format": "binary"}},
    },
}
REFUSED = {
    400: "not understood",
    401: "without the token",
    403: "asked by another site's page",
    408: "sent too slowly",
    413: "too large: the request, a picture, or their number",
    415: "neither files nor a picture",
    421: "under a name that is not the server's",
    422: "nothing that can be used",
    431: "its headers are too large",
    503: "too much is under way",
    504: "not answered in time",
}


def refusals(*numbers: int) -> dict[int | str, dict[str, Any]]:
    """For FastAPI's `responses`."""
    kind = {"application/problem+json": {"schema": TypeAdapter(Refusal).json_schema()}}
    return {number: {"description": REFUSED[number], "content": kind} for number in numbers}

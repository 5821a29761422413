"""Problem: what a request is refused with, as application/problem+json (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from headstart.server.limits import HEAD
from headstart.strangers import json_text

KIND = "application/problem+json"


class Problem(Exception):
    """detail: one line: the thing, what was expected, what to do; more: further members of the JSON object."""

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers, more

    def to_dict(self) -> dict[str, Any]:
        title = HTTPStatus(self.status).phrase
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }

    def response(self) -> Response:
        return Response(json_text(self.to_dict()), self.status, self.headers, KIND)


def busy(what: str) -> Problem:
    """503: too much is under way."""
    return Problem(503, f"{what}; ask again in a moment", headers={"retry-after": "1"})


def long_head() -> Problem:
    """431: a request's line and headers are more than HEAD."""
    told = f"the request's line and headers are larger than {HEAD >> 10} kB"
    return Problem(431, f"{told}; send a shorter address, or fewer headers")

"""The page at /: classifier.html where the network can run in it, else one that asks the API."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from headstart import progress
from headstart.errors import BackboneError
from headstart.model import Model
from headstart.model.formats import html
from headstart.web.asking import asking

# What a <meta> in the page cannot say; the rest of its policy stands there.
_POLICY = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


_PIECE = (
    64 << 10
)  # bytes that are handed to a connection at a time: what its client does not read is not kept for it


@dataclass(frozen=True)
class Page:
    """content: HTML in UTF-8; alone: whether the network runs in it, so that no picture is sent."""

    content: bytes
    alone: bool

    def response(self) -> Response:
        return _InPieces(self.content, media_type="text/html", headers={"content-security-policy": _POLICY})


class _InPieces(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for at in range(0, len(self.body), _PIECE):
            more = at + _PIECE < len(self.body)
            await send({"type": "http.response.body", "body": self.body[at : at + _PIECE], "more_body": more})


def page_of(model: Model, version: str, *, token: bool) -> Page:
    """token: whether the API asks for one. classifier.html, which holds the model, is then not shown to everybody."""
    if not token:
        try:
            return Page(html.text(model).encode("utf-8"), alone=True)
        except BackboneError as error:
            progress.say(f"{error}; the page asks the server instead")
    return Page(asking(version).encode("utf-8"), alone=False)

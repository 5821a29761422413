"""Guard: what holds for every request, whatever it asks: who may, for how long, and which headers an answer has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headstart.server.access import Access
from headstart.server.limits import HEAD, REQUESTS, Limits
from headstart.server.problem import Problem, busy, long_head
from headstart.strangers import plain

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_POLICY = b"content-security-policy"
_NOTHING = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")  # for what is no page
_CLOSE = (b"connection", b"close")


class Guard:
    """The outermost part of the application (ASGI).

    leaving  True from when the server is asked to stop: an answer is then the last of its connection
    tell     is told a line of each request, without names of files
    """

    def __init__(
        self, app: ASGIApp, access: Access, limits: Limits, tell: Callable[[str], None] | None = None
    ) -> None:
        self._app, self._access, self._limits, self._tell = app, access, limits, tell
        self._in_hand = 0
        self.leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the start and end of the application, as some servers tell them
            await self._app(scope, receive, send)
            return
        begun, body = time.monotonic(), _Incoming(receive)
        answer = _Answer(self, send, bare=scope["method"] == "HEAD")
        self._in_hand += 1
        try:
            await self._within_time(scope, body, answer)
        except Problem as problem:
            await problem.response()(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = 0  # nobody has heard the 500 that the application makes of it
        finally:
            self._in_hand -= 1
            if self._tell:
                took = 1000 * (time.monotonic() - begun)
                line = f"{scope['method']} {scope['path']} {answer.status or 'gone'} {took:.0f} ms"
                self._tell(plain(line))

    async def _within_time(self, scope: Scope, body: _Incoming, answer: _Answer) -> None:
        """Raises Problem where there is no time left, or none to begin with; TimeoutError where half is sent."""
        if _head(scope) > HEAD:  # uvicorn looks at heads that are not whole yet
            raise long_head()
        self._access.check(scope["method"], scope["path"], Headers(scope=scope))
        if self._in_hand > REQUESTS:
            raise busy(f"{REQUESTS} requests are under way")
        if scope["method"] == "HEAD":  # is answered as GET is; _Answer leaves the body out
            scope = {**scope, "method": "GET"}
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._app(scope, body.receive, answer.send)
        except TimeoutError:
            if answer.status:
                raise
            raise self._late(body) from None

    def _late(self, body: _Incoming) -> Problem:
        status, what = (504, "not answered") if body.whole else (408, "the request has not come in")
        said = f"{what} within {self._limits.seconds:g} seconds; send fewer or smaller pictures at a time, or ask again"
        return Problem(status, said, headers={"retry-after": "1", "connection": "close"})


def _head(scope: Scope) -> int:
    """Bytes of a request's address and headers."""
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return len(scope["raw_path"]) + len(scope["query_string"]) + fields


class _Incoming:
    """A request's body as it comes in. whole: whether its end has come, or there is none."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.whole = self.whole or not message.get("more_body")
        return message


class _Answer:
    """An answer on its way. status: 0 before it has begun; bare: without its body."""

    def __init__(self, guard: Guard, send: Send, *, bare: bool) -> None:
        self._guard, self._send, self._bare = guard, send, bare
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *_HEADERS]
            if not any(name == _POLICY for name, _ in headers):
                headers.append(_NOTHING)
            if self._guard.leaving:
                headers.append(_CLOSE)
            message = {**message, "headers": headers}
        elif self._bare:
            message = {**message, "body": b""}
        await self._send(message)

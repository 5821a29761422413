"""serve(): the application behind a socket, until the process is asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from headstart import progress, stopping
from headstart.errors import OptionError
from headstart.server.guard import Guard
from headstart.server.limits import CONNECTIONS, HEAD, HEAD_SECONDS, KEEP_ALIVE, Limits
from headstart.server.problem import KIND, Problem, long_head

_GRACE = 1.0  # seconds in which an open connection may still bring what its client has sent already
_LOOK = 0.02


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OptionError."""
    try:
        # With its protocol named: of other sockets asyncio does not know that small packets should go out at once.
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        with contextlib.ExitStack() as until_it_listens:
            made = until_it_listens.enter_context(socket.socket(family, kind, protocol))
            if os.name == "posix":
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(CONNECTIONS)
            until_it_listens.pop_all()
            return made
    except OSError as error:
        raise OptionError(
            f"{host}, port {port}: cannot listen there ({error.strerror or error}); choose another --host or --port"
        ) from error


def serve(guard: Guard, listening: socket.socket, limits: Limits, ready: Callable[[], None]) -> None:
    """Serves until stopping.asked(); what is in hand then is answered. ready: called when requests are taken."""
    config = uvicorn.Config(
        guard,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=math.ceil(limits.seconds),
        h11_max_incomplete_event_size=HEAD,
    )
    with stopping.in_order(), _told():
        _Server(config, guard, ready).run([listening])


class _Server(uvicorn.Server):
    """uvicorn's, with signals left to the command line, and an end that loses nothing."""

    def __init__(self, config: uvicorn.Config, guard: Guard, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._guard, self._ready = guard, ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        return stopping.asked() is not None or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """From here on every answer is the last of its connection, and new connections are refused. What a client sent
        before it could know is still read: connections that are idle stay open for _GRACE."""
        self._guard.leaving = True
        await asyncio.sleep(_LOOK)  # who has connected already is let in
        for server in self.servers:
            server.close()
        end = asyncio.get_running_loop().time() + _GRACE
        while self.server_state.connections and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(_LOOK)
        await super().shutdown(sockets)


class _Connection(H11Protocol):
    """uvicorn's, with a deadline wherever a client keeps the server waiting and no request is in hand."""

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # who stops to read is not waited for for ever
            connected = transport.get_extra_info("socket")
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * KEEP_ALIVE)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._overdue is not None:
            self._overdue.cancel()

    def timeout_keep_alive_handler(self) -> None:
        self.transport.abort()

    def _watch(self) -> None:
        """Between an answer and the whole head of the next request the clock runs, and no byte winds it back."""
        waits = self.cycle is None or self.cycle.response_complete
        if waits and self._overdue is None:
            patience = HEAD_SECONDS if self.cycle is None else KEEP_ALIVE + HEAD_SECONDS
            self._overdue = self.loop.call_later(patience, self.transport.abort)
        elif not waits and self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state not in (
            h11.IDLE,
            h11.SEND_RESPONSE,
        ):  # the request that it ends is answered already
            self.transport.close()
            return
        error = sys.exc_info()[1]  # h11's, which uvicorn tells the end of here
        too_long = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431
        problem = long_head() if too_long else Problem(400, "this is no HTTP request; see /openapi.json")
        body = bytes(problem.response().body)
        headers = [("content-type", KIND), ("content-length", str(len(body))), ("connection", "close")]
        for event in (
            h11.Response(status_code=problem.status, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class _Lines(logging.Handler):
    """An error of the server's in one line."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, TimeoutError):  # somebody did not read the answer
            return
        said = f"{type(error).__name__}: {error}" if error else record.getMessage()
        progress.say(f"internal error: {' '.join(said.split())}")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Within the block uvicorn's errors are said, and its other lines are not."""
    log, handler = logging.getLogger("uvicorn"), _Lines(logging.ERROR)
    before: Any = log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = before

"""The pictures in a request's body, read as a stream: what is too large is not kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from headstart.data.given import Given
from headstart.server.limits import BODIES, MB, Limits
from headstart.server.problem import Problem, busy

FORM = "multipart/form-data"
ALONE = "-"  # what a picture is called that is the whole body, as one on stdin is
_LINGER = 1.0  # seconds in which a refused body is still read, so that its sender hears why


class Bodies:
    """Reads bodies; keeps count of the bytes of all that are in hand."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.held = 0

    @contextlib.asynccontextmanager
    async def pictures(self, request: Request) -> AsyncIterator[list[Given]]:
        """The pictures of a request, whose bytes count as held within the block. Raises Problem, ClientDisconnect."""
        body = _Body(self)
        try:
            yield await self._read(body, request)
        finally:
            self.held -= body.size

    async def _read(self, body: _Body, request: Request) -> list[Given]:
        try:
            return await body.read(request)
        except Problem as problem:
            if problem.status == 413 and not body.whole and "expect" not in request.headers:
                await _drained(request, self.limits.body)
            raise

    def hold(self, size: int) -> None:
        """Raises Problem where too many bytes are in hand."""
        if self.held + size > BODIES * self.limits.body:
            raise busy("too many pictures are being sent at the same time")
        self.held += size


class _Body:
    """One body. size: bytes of it that were read; whole: whether that is all."""

    def __init__(self, bodies: Bodies) -> None:
        self.bodies, self.limits = bodies, bodies.limits
        self.size, self.whole = 0, False

    async def read(self, request: Request) -> list[Given]:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Problem(415, "Content-Encoding: expected none; send pictures as they are")
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.limits.body:
            raise self._too_large()
        if kind == FORM.encode():
            form = Form(options.get(b"boundary", b""), self.limits)
            async for chunk in self._chunks(request):
                form.write(chunk)
            return form.pictures()
        if not kind.startswith((b"image/", b"application/octet-stream")):
            raise Problem(
                415,
                f"Content-Type: expected {FORM} with files, or image/… or application/octet-stream with one "
                "picture as the body",
            )
        return [Given(ALONE, b"".join([chunk async for chunk in self._chunks(request)]))]

    async def _chunks(self, request: Request) -> AsyncIterator[bytes]:
        while not self.whole:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self.whole, chunk = not message.get("more_body"), message.get("body", b"")
            if self.size + len(chunk) > self.limits.body:
                raise self._too_large()
            self.bodies.hold(len(chunk))
            self.size += len(chunk)
            yield chunk

    def _too_large(self) -> Problem:
        return Problem(
            413, f"the request is larger than {self.limits.body / MB:g} MB; send fewer or smaller pictures"
        )


class Form:
    """multipart/form-data (RFC 7578) whose every field is a file."""

    def __init__(self, boundary: bytes, limits: Limits) -> None:
        self._limits = limits
        self._names: list[str] = []
        self._parts: list[list[bytes]] = []
        self._whole = False
        self._header, self._value, self._disposition = b"", b"", b""
        if not boundary:
            raise Problem(
                400, f"Content-Type: {FORM} without a boundary; let your HTTP library write the header"
            )
        with _understood():
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._on_field,
                    "on_header_value": self._on_value,
                    "on_header_end": self._on_header,
                    "on_headers_finished": self._on_headers,
                    "on_part_data": self._on_data,
                    "on_end": self._on_end,
                },
            )

    def write(self, chunk: bytes) -> None:
        """Raises Problem."""
        with _understood():
            self._parser.write(chunk)

    def pictures(self) -> list[Given]:
        """Those of the whole body. Raises Problem."""
        if not self._whole:
            raise Problem(400, f"the body ends before its {FORM} does; send it whole")
        found = [
            Given(name, content)
            for name, content in zip(self._names, map(b"".join, self._parts), strict=True)
            if name or content  # a browser sends an empty one where no file was chosen
        ]
        if not found:
            raise Problem(
                422, "no file in the request; send one or more, such as with curl -F file=@picture.jpg"
            )
        return found

    def _begin(self) -> None:
        self._disposition = b""

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" not in options:
            field = _text(options.get(b"name", b""))
            raise Problem(
                422, f"field {field!r} is no file; send files alone, such as with curl -F file=@picture.jpg"
            )
        if len(self._parts) == self._limits.pictures:
            raise Problem(
                413, f"more than {self._limits.pictures:,} pictures in one request; send fewer at a time"
            )
        self._names.append(_text(options[b"filename"]))
        self._parts.append([])

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._parts[-1].append(data[start:end])

    def _on_end(self) -> None:
        self._whole = True


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise Problem(400, f"the body is no {FORM} ({error}); let your HTTP library write it") from error


async def _drained(request: Request, most: int) -> None:
    """Reads on for a while: a connection that is closed while its client still sends loses the answer."""
    with contextlib.suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(_LINGER):
            while most > 0:
                message = await request.receive()
                most -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return

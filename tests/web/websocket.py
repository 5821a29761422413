"""The client's end of a WebSocket (RFC 6455) on this machine, for text."""

from __future__ import annotations

import base64
import os
import socket
import struct

_MASK = b"mask"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class WebSocket:
    def __init__(self, port: int, path: str, seconds: float = 60) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._stream = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        wanted = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in wanted.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        status = self._stream.readline()
        assert b" 101 " in status, status
        while self._stream.readline().strip():
            pass

    def send(self, text: str) -> None:
        self._frame(_TEXT, text.encode())

    def receive(self) -> str:
        """The next message, whole."""
        message = b""
        while True:
            last, kind, body = self._read()
            assert kind != _CLOSE, "the browser has ended"
            if kind == _PING:
                self._frame(_PONG, body)
            elif kind != _PONG:
                message += body
                if last:
                    return message.decode()

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _frame(self, kind: int, body: bytes) -> None:
        """A client's frames are masked, by any four bytes that are not all zero."""
        size, masked = len(body), bytes(one ^ _MASK[place % 4] for place, one in enumerate(body))
        if size < 126:
            length = struct.pack(">B", 0x80 | size)
        else:
            length = struct.pack(">BH", 0xFE, size) if size < 1 << 16 else struct.pack(">BQ", 0xFF, size)
        self._socket.sendall(bytes([0x80 | kind]) + length + _MASK + masked)

    def _read(self) -> tuple[bool, int, bytes]:
        first, size = self._exactly(2)
        if size >= 126:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        return bool(first & 0x80), first & 0x0F, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        read = self._stream.read(size)
        assert len(read) == size, "the browser has ended"
        return read

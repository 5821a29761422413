"""Connections: slow clients, deadlines, too many at once, and an end that loses nothing."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headstart.model import Model
from headstart.runtime import Execution
from headstart.server import body, guard, serving
from headstart.server.access import Access
from headstart.server.answering import Answering
from headstart.server.app import application
from headstart.server.guard import Guard
from headstart.server.limits import Limits
from headstart.server.page import Page
from tests.server.conftest import PAGE, built, encoded, running

HEAD = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"


def said(port: int, *parts: bytes, pause: float = 0.0, patience: float = 10.0) -> bytes:
    """All that the server says to what is sent, until it ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as opened:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                opened.sendall(part)
                time.sleep(pause)
        found = b""
        with contextlib.suppress(ConnectionError):
            while more := opened.recv(1 << 16):
                found += more
        return found


def asking(content: bytes, *more: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(content)}", *more))
    return (HEAD + head + "\r\n").encode() + content


CLOSE = "Connection: close"


def status(answer: bytes) -> int:
    return int(answer[9:12])


@pytest.fixture
def port(loaded: Model) -> Iterator[int]:
    with running(built(loaded)) as found:
        yield found


def test_a_request_is_answered(port):
    answer = said(port, asking(encoded(1), CLOSE))
    assert status(answer) == 200
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"][0]["label"]


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\nnonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
)
def test_what_is_no_request_is_400_in_the_one_shape(port, request_):
    answer = said(port, request_)
    assert status(answer) == 400
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 400


def test_what_follows_an_answer_and_is_no_request_ends_the_connection(port, caplog):
    """The answer, 415, is out; the body that goes on behind it is broken."""
    head = f"POST /v1/predict HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: text/plain\r\n"
    answer = said(port, (head + "Transfer-Encoding: chunked\r\n\r\n").encode(), b"ZZZ\r\n", pause=0.3)
    assert status(answer) == 415
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_head_brings_no_body_and_the_connection_goes_on(port):
    head = b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = said(port, head + f"GET /health HTTP/1.1\r\nHost: localhost\r\n{CLOSE}\r\n\r\n".encode())
    first, second = answer.split(b"\r\n\r\n")[:2]
    assert status(first) == status(second) == 200
    assert f"content-length: {len(PAGE.content)}".encode() in first
    assert b"<!DOCTYPE" not in answer


@pytest.mark.parametrize("end", ["", "\r\n\r\n"], ids=["half of it", "whole"])
@pytest.mark.parametrize("begin", ["GET / HTTP/1.1\r\nHost: localhost\r\nA: ", "GET /?"])
def test_a_head_has_a_bound(port, begin, end):
    end = end and (f" HTTP/1.1\r\nHost: localhost\r\n{CLOSE}" if "?" in begin else f"\r\n{CLOSE}") + end
    answer = said(port, (begin + "x" * 20_000 + end).encode())
    assert status(answer) == 431
    told = json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]
    assert (
        told
        == "the request's line and headers are larger than 16 kB; send a shorter address, or fewer headers"
    )


def test_a_head_below_the_bound_is_read(port):
    head = f"GET /health HTTP/1.1\r\nHost: localhost\r\nA: {'x' * 15_000}\r\n{CLOSE}\r\n\r\n"
    assert status(said(port, head.encode())) == 200


@pytest.mark.parametrize(
    "parts", [(), (b"GET / HT",), (b"G", b"E", b"T", b" ", b"/", b"a", b"b", b"c", b"d", b"e")]
)
def test_who_does_not_send_a_whole_head_in_time_is_left(loaded, monkeypatch, parts):
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    with running(built(loaded)) as port:
        begun = time.monotonic()
        assert said(port, *parts, pause=0.1) == b""
        assert time.monotonic() - begun < 3


def test_who_sends_the_body_too_slowly_is_told(loaded):
    with running(built(loaded, seconds=0.4)) as port:
        answer = said(port, (HEAD + "Content-Length: 1000\r\n\r\n").encode(), b"x", b"x", pause=0.1)
        assert status(answer) == 408
        assert b"the request has not come in within 0.4 seconds" in answer


def test_an_answer_that_takes_too_long_is_504_and_the_next_is_answered(loaded, monkeypatch):
    made, real = built(loaded, seconds=0.5), Model.answers_to_frames
    wait = threading.Event()
    monkeypatch.setattr(
        Model, "answers_to_frames", lambda *args, **more: wait.wait(5) and real(*args, **more)
    )
    with running(made) as port:
        answer = said(port, asking(encoded(1)))
        assert status(answer) == 504
        assert b"retry-after: 1" in answer
        wait.set()
        assert status(said(port, asking(encoded(1), CLOSE))) == 200


def test_what_is_refused_when_it_is_all_there_is_refused_at_once(loaded):
    with running(built(loaded, pixels=100)) as port:
        begun = time.monotonic()
        assert status(said(port, asking(encoded(1), CLOSE))) == 413
        assert time.monotonic() - begun < body._LINGER / 2


def test_a_length_of_many_digits_is_no_error_of_the_servers_own(port):
    assert status(said(port, (HEAD + f"Content-Length: {'9' * 5000}\r\n\r\n").encode())) == 400
    assert status(said(port, (HEAD + f"Content-Length: {'9' * 20}\r\n{CLOSE}\r\n\r\n").encode())) == 413


def test_who_is_one_too_many_is_told_to_come_again(loaded, monkeypatch):
    monkeypatch.setattr(guard, "REQUESTS", 1)
    with running(built(loaded)) as port, socket.create_connection(("127.0.0.1", port)) as first:
        first.sendall((HEAD + "Content-Length: 10\r\n\r\n").encode())
        time.sleep(0.2)
        answer = said(port, asking(encoded(1), CLOSE))
        assert status(answer) == 503
        assert b"retry-after" in answer


def test_bodies_have_a_bound_together(loaded, monkeypatch):
    monkeypatch.setattr(body, "BODIES", 1)
    with running(built(loaded, body=50_000)) as port, socket.create_connection(("127.0.0.1", port)) as first:
        first.sendall((HEAD + "Content-Length: 50000\r\n\r\n").encode() + b"x" * 49_000)
        time.sleep(0.3)
        assert status(said(port, asking(b"x" * 30_000, CLOSE))) == 503
        first.sendall(b"x" * 1000)
        assert status(first.recv(1 << 16)) == 422
        assert status(said(port, asking(encoded(1), CLOSE))) == 200


def test_connections_have_a_bound(loaded, monkeypatch):
    monkeypatch.setattr(serving, "CONNECTIONS", 3)
    with running(built(loaded)) as port, contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        time.sleep(0.2)
        assert said(port, asking(encoded(1), CLOSE)) == b""


@pytest.mark.parametrize("expects", [True, False])
def test_a_body_that_is_too_large_is_refused_and_its_sender_hears_it(loaded, expects):
    """At once where the client asks first; else after what it cannot stop sending."""
    with running(built(loaded, body=20_000)) as port:
        more = ("Expect: 100-continue",) if expects else ()
        content = b"" if expects else b"x" * 3_000_000
        head = HEAD + "Content-Length: 3000000\r\n" + "".join(f"{line}\r\n" for line in more) + "\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
            with contextlib.suppress(ConnectionError):
                opened.sendall(head.encode() + content)
            answer = opened.recv(1 << 16)
        assert status(answer) == 413
        assert b"100 Continue" not in answer


def test_a_page_is_not_kept_for_who_does_not_read_it_and_is_whole_for_who_reads_slowly(loaded):
    page = Page(b"<!DOCTYPE html>" + b"x" * 20_000_000, alone=True)
    limits = Limits(seconds=1)
    made = Guard(application(Answering(loaded, Execution(), limits), page), Access(frozenset()), limits)
    get = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with running(made, limits) as port:
        slowly = socket.create_connection(("127.0.0.1", port), timeout=10)
        deaf = socket.create_connection(("127.0.0.1", port), timeout=10)
        for one in (slowly, deaf):
            one.sendall(get)
        found = b""
        while more := slowly.recv(1 << 18):
            found += more
            time.sleep(0.002)
        assert len(found.partition(b"\r\n\r\n")[2]) == len(page.content)
        time.sleep(1.5)
        assert made._in_hand == 0
        slowly.close()
        deaf.close()


def test_who_goes_away_does_no_harm(port):
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port)) as gone:
            gone.sendall((HEAD + "Content-Length: 1000\r\n\r\n").encode() + b"x" * 100)
        with socket.create_connection(("127.0.0.1", port)) as gone:
            gone.sendall(asking(encoded(1)))
    assert status(said(port, asking(encoded(1), CLOSE))) == 200


def test_who_goes_away_is_told_as_gone(loaded):
    told: list[str] = []
    with running(built(loaded, tell=told.append)) as port:
        with socket.create_connection(("127.0.0.1", port)) as gone:
            gone.sendall((HEAD + "Content-Length: 1000\r\n\r\n").encode() + b"x" * 100)
        until = time.monotonic() + 5
        while not told and time.monotonic() < until:
            time.sleep(0.01)
    assert told[0].startswith("POST /v1/predict gone ")


def test_small_packets_go_out_at_once(port):
    """An answer is a head and a body: held back until the first is acknowledged, it takes 40 ms."""
    with socket.create_connection(("127.0.0.1", port)) as opened:
        took = []
        for _ in range(5):
            begun = time.monotonic()
            opened.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            found = b""
            while b"ok" not in found:
                found += opened.recv(1 << 16)
            took.append(time.monotonic() - begun)
    assert min(took) < 0.03


# ---- a process of its own ----


class Served:
    """`headstart serve` in a process; told: what it printed when it was ready."""

    def __init__(self, bundle: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "headstart", "serve", str(bundle), "--port", "0", "--json", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        text = ""
        while (line := self.process.stdout.readline()) and line != "}\n":
            text += line
        assert line, self.process.communicate()[1]
        self.told = json.loads(text + line)
        self.port = int(self.told["url"].rpartition(":")[2])

    def ended(self) -> tuple[int, str]:
        """(exit code, stderr)"""
        err = self.process.communicate(timeout=30)[1]
        return self.process.returncode, err


@contextlib.contextmanager
def served(bundle: Path, *flags: str) -> Iterator[Served]:
    made = Served(bundle, *flags)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.process.communicate()


def load(port: int, stop: threading.Event, found: list[str]) -> None:
    """One client that asks on one connection until that ends; notes "answered", "lost" or "told to go"."""
    data = asking(encoded(1))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as opened:
        while not stop.is_set():
            try:
                opened.sendall(data)
                answer = opened.recv(1 << 16)
                while answer and b"truncated" not in answer:
                    answer += opened.recv(1 << 16)
            except ConnectionError:
                answer = b""
            found.append("answered" if status(answer or b"         0  ") == 200 else "lost")
            if not answer or b"connection: close" in answer:
                return


def test_no_torch_is_imported():
    code = "import sys; from headstart.server import app, serving; assert not {'torch', 'timm'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_sigterm_loses_nothing_that_is_in_hand(bundle):
    stop, found = threading.Event(), list[str]()
    with served(bundle, "--quiet") as made:
        clients = [threading.Thread(target=load, args=(made.port, stop, found)) for _ in range(16)]
        for client in clients:
            client.start()
        time.sleep(1)
        made.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(20)
        code, err = made.ended()
    assert set(found) == {"answered"}
    assert len(found) > 32
    assert code == 128 + signal.SIGTERM
    assert err.splitlines() == ["headstart: stopped by SIGTERM; what was in hand is answered"]


def test_a_second_signal_leaves_at_once(bundle):
    with served(bundle, "--quiet") as made, socket.create_connection(("127.0.0.1", made.port)) as opened:
        opened.sendall((HEAD + "Content-Length: 1000\r\n\r\n").encode())  # it would be waited for
        time.sleep(0.3)
        made.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert made.process.poll() is None
        made.process.send_signal(signal.SIGTERM)
        code, err = made.ended()
    assert (code, err) == (128 + signal.SIGTERM, "headstart: left at once\n")


def test_it_says_where_it_listens_and_tells_of_requests_where_asked(bundle):
    with served(bundle, "--verbose") as made:
        assert made.told == {
            "bundle": str(bundle),
            "url": f"http://127.0.0.1:{made.port}",
            "page": f"http://127.0.0.1:{made.port}/",
            "token": None,
        }
        assert b">Classifier</title>" in said(
            made.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + CLOSE.encode() + b"\r\n\r\n"
        )
        assert status(said(made.port, asking(encoded(1), CLOSE))) == 200
        made.process.send_signal(signal.SIGINT)
        code, err = made.ended()
    assert code == 128 + signal.SIGINT
    assert re.search(r"^GET / 200 \d+ ms\nPOST /v1/predict 200 \d+ ms$", err, re.MULTILINE)


def test_beyond_this_machine_a_token_is_made_and_needed(bundle):
    with served(bundle, "--host", "0.0.0.0", "--quiet") as made:
        token = made.told["token"]
        assert len(token) > 40
        assert made.told["page"].endswith(f"/#token={token}")
        assert status(said(made.port, asking(encoded(1), CLOSE))) == 401
        assert status(said(made.port, asking(encoded(1), f"Authorization: Bearer {token}", CLOSE))) == 200
        page = said(made.port, f"GET / HTTP/1.1\r\nHost: localhost\r\n{CLOSE}\r\n\r\n".encode())
        assert token.encode() not in page
        assert b"circle" not in page

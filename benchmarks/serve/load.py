"""`headstart serve` under load on loopback: pictures a second beside `Model.probabilities`, delays, memory, the end.

    python benchmarks/serve/load.py BUNDLE PICTURES [--clients 1 8 64] [--seconds 5] [--memory 50000] [--stop]

Clients ask one after the other, one picture a request, on connections that stay open. They are one process that takes
CPU of the same machine: its seconds and the server's are told apart. `Model.probabilities` gets the same files' bytes
all at once; it and the server are measured by turns.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

ALONE = """
import json, resource, sys, time
import headstart
from headstart.cli.pages import keep_pages
keep_pages()
bundle, *paths = sys.argv[1:]
model = headstart.load(bundle)
pictures = [open(path, "rb").read() for path in paths]
model.probabilities(pictures)
for seconds in sys.stdin:
    begun, used, asked = time.perf_counter(), sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), 0
    while time.perf_counter() - begun < float(seconds):
        model.probabilities(pictures)
        asked += len(pictures)
    took = time.perf_counter() - begun
    cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - used
    print(json.dumps([asked / took, 1000 * cpu / asked]), flush=True)
"""
ROUNDS = 3


class Alone:
    """Model.probabilities in a process of its own, given all files' bytes at once."""

    def __init__(self, bundle: str, paths: list[str]) -> None:
        command = [sys.executable, "-c", ALONE, bundle, *paths]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def speed(self, seconds: float) -> tuple[float, float]:
        """(pictures a second, milliseconds of CPU for each)"""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        rate, cpu = json.loads(self.process.stdout.readline())
        return rate, cpu

    def end(self) -> None:
        self.process.communicate()


@dataclass
class Load:
    """What a load came to: seconds of each answer; CPU seconds of the clients and the server."""

    seconds: float = 0.0
    delays: list[float] = field(default_factory=list)
    failed: int = 0
    lost: int = 0
    clients: float = 0.0
    server: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.delays) / self.seconds

    def delay(self, share: float) -> float:
        """Milliseconds."""
        return 1000 * float(np.quantile(self.delays, share))

    def cpu(self) -> tuple[float, float]:
        """Milliseconds of a picture: of the server, of the clients."""
        return 1000 * self.server / len(self.delays), 1000 * self.clients / len(self.delays)


class Server:
    """A server process of the command line on a free port."""

    def __init__(self, bundle: str, *flags: str) -> None:
        command = [sys.executable, "-m", "headstart", "serve", bundle, "--port", "0", "--json", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        told = ""
        for line in lines:
            told += line
            if line == "}\n":
                break
        self.port = int(json.loads(told)["url"].rpartition(":")[2])

    @property
    def cpu(self) -> float:
        """Seconds."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """Resident, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


BOUNDARY = b"------------------------d74496d66958873e"


def request(picture: bytes, name: str) -> bytes:
    """A whole one, as curl -F writes it."""
    body = (
        b"--"
        + BOUNDARY
        + b'\r\nContent-Disposition: form-data; name="file"; filename="'
        + name.encode()
        + b'"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--" + BOUNDARY + b"--\r\n"
    )
    head = f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Content-Type: multipart/form-data; boundary=" + BOUNDARY + b"\r\n\r\n" + body


class Client:
    """One connection. sent: when its request went out, 0 where none is under way."""

    def __init__(self, port: int, number: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self.sent, self.held = number, 0.0, b""

    def ask(self, data: bytes) -> None:
        self.sent, self.held = time.perf_counter(), b""
        self.socket.sendall(data)

    def read(self) -> bytes | None:
        """The status of a whole answer, b"" where the connection has ended, None where more is to come."""
        try:
            more = self.socket.recv(1 << 16)
        except ConnectionError:
            return b""
        self.held += more
        head, found, body = self.held.partition(b"\r\n\r\n")
        if found:
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if len(body) >= length:
                return head[9:12]
        return None if more else b""

    @property
    def ends(self) -> bool:
        return b"connection: close" in self.held.partition(b"\r\n\r\n")[0]


def load(
    server: Server, requests: list[bytes], clients: int, *, seconds: float = 1e9, most: int = 1 << 60
) -> Load:
    """Until the time is over, so many were asked, or the server ends every connection."""
    found, open_ones = Load(), selectors.DefaultSelector()
    for number in range(clients):
        client = Client(server.port, number)
        open_ones.register(client.socket, selectors.EVENT_READ, client)
    cpu, own = server.cpu, time.process_time()
    begun, turn = time.perf_counter(), _turns(requests)
    for key in list(open_ones.get_map().values()):
        key.data.ask(next(turn))
    while open_ones.get_map():
        for key, _ in open_ones.select(5):
            _answered(key.data, found, open_ones)
            going = time.perf_counter() - begun < seconds and len(found.delays) + clients <= most
            if not key.data.sent and key.fd >= 0 and key.data.socket.fileno() >= 0:
                if going:
                    key.data.ask(next(turn))
                else:
                    open_ones.unregister(key.data.socket)
                    key.data.socket.close()
    found.seconds = time.perf_counter() - begun
    found.clients = time.process_time() - own
    if server.process.poll() is None:
        found.server = server.cpu - cpu
    return found


def _turns(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def _answered(client: Client, found: Load, open_ones: selectors.BaseSelector) -> None:
    status = client.read()
    if status is None:
        return
    if status == b"200":
        found.delays.append(time.perf_counter() - client.sent)
    elif status:
        found.failed += 1
    elif client.sent:
        found.lost += 1
    client.sent = 0.0
    if not status or client.ends:
        open_ones.unregister(client.socket)
        client.socket.close()


def speed(bundle: str, paths: list[str], clients: list[int], seconds: float) -> None:
    """Prints a line for each number of clients."""
    requests = [request(Path(path).read_bytes(), f"{place}.jpg") for place, path in enumerate(paths)]
    alone, server = Alone(bundle, paths), Server(bundle, "--quiet")
    load(server, requests, 8, seconds=1)
    for count in clients:
        turns = [
            (alone.speed(seconds), load(server, requests, count, seconds=seconds)) for _ in range(ROUNDS)
        ]
        print(_told(count, turns), flush=True)
    server.end()
    alone.end()


def _told(clients: int, turns: list[tuple[tuple[float, float], Load]]) -> str:
    """Medians of turns; the share's range too."""
    bare, loads = zip(*turns, strict=True)
    shares = sorted(one.rate / rate for (rate, _), one in turns)
    rate, p50, p99 = (
        median(values)
        for values in zip(*[(one.rate, one.delay(0.5), one.delay(0.99)) for one in loads], strict=True)
    )
    server, own = (median(values) for values in zip(*map(Load.cpu, loads), strict=True))
    alone, cpu = (median(values) for values in zip(*bare, strict=True))
    return (
        f"{clients:3} clients: {rate:.1f} pictures/s, {median(shares):.2f} of {alone:.1f} alone "
        f"({shares[0]:.2f} to {shares[-1]:.2f}); p50 {p50:.1f} ms, p99 {p99:.1f} ms; CPU of a picture: server "
        f"{server:.2f} ms, clients {own:.2f} ms, alone {cpu:.2f} ms; "
        f"{sum(one.failed for one in loads)} refused, {sum(one.lost for one in loads)} lost"
    )


def memory(bundle: str, paths: list[str], most: int) -> None:
    """Prints the server's resident memory as it answers `most` requests."""
    requests = [request(Path(path).read_bytes(), f"{place}.png") for place, path in enumerate(paths)]
    server, done = Server(bundle, "--quiet"), 0
    for goal in (most // 10, most // 2, most):
        found = load(server, requests, 32, most=goal - done)
        done += len(found.delays)
        print(
            f"{done:6,} requests: {server.memory:.0f} MB, {found.rate:.0f}/s, {found.failed} refused, {found.lost} lost"
        )
    print(f"exit code {server.end()}")


def stop(bundle: str, paths: list[str]) -> None:
    """Prints what became of requests while the server is told to end."""
    requests = [request(Path(path).read_bytes(), f"{place}.jpg") for place, path in enumerate(paths)]
    for clients in (1, 8, 64):
        server = Server(bundle, "--quiet")
        killer = subprocess.Popen(["sh", "-c", f"sleep 2; kill -TERM {server.process.pid}"])
        found = load(server, requests, clients)
        killer.wait()
        code = server.process.wait(30)
        print(
            f"{clients:3} clients, SIGTERM after 2 s: {len(found.delays)} answered, {found.failed} refused, "
            f"{found.lost} lost; exit code {code}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle")
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--clients", nargs="*", type=int, default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--memory", type=int, default=0, metavar="REQUESTS")
    parser.add_argument("--stop", action="store_true")
    args = parser.parse_args()
    if args.memory:
        memory(args.bundle, args.pictures, args.memory)
    elif args.stop:
        stop(args.bundle, args.pictures)
    else:
        speed(args.bundle, args.pictures, args.clients, args.seconds)


if __name__ == "__main__":
    main()

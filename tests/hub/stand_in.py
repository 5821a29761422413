"""A stand-in of the model hub on loopback: as much of its HTTP API as huggingface_hub 2 asks for a push and a download.

It keeps repositories in memory, asks for tokens, and can be told to fail: by a status, by closing the connection amid
a file, by other bytes than it promised. It is a proxy too, for requests that name a whole URL.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

REASONS = {"GatedRepo": 403, "RepoNotFound": 401, "EntryNotFound": 404, "RevisionNotFound": 404}
LARGE = 10_000  # bytes from which a file is kept as LFS does it


@dataclass
class Repository:
    """files: name → content, as the last commit left them; commits: how many there were."""

    private: bool = False
    gated: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0

    @property
    def commit(self) -> str:
        return hashlib.sha1(f"{self.commits} {sorted(self.files)}".encode()).hexdigest()


@dataclass
class Fault:
    """What goes wrong with the next `times` requests of `method` whose path holds `path`.

    status: answered in place of what was asked; cut: the connection ends after so many bytes of the body; altered: the
    body has another first byte; size: what X-Linked-Size claims; tag: what the ETag claims; strange: no header of the
    hub's own, no ETag of a plain file; slow: seconds before each part of the body.
    """

    path: str
    method: str = "GET"
    times: int = 1
    status: int | None = None
    cut: int | None = None
    altered: bool = False
    size: int | None = None
    tag: str | None = None
    strange: bool = False
    slow: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    proxied: bool


class Hub:
    """The stand-in's state; `endpoint` is its address."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.stored: dict[str, bytes] = {}  # by SHA-256, as LFS has them
        self.plain: dict[str, bytes] = {}  # name → content of files that lie on no hub
        self.tokens = {"hf_writer": "write", "hf_reader": "read"}  # all of the user "ada", who is in "school"
        self.ignored = ""  # a file that is passed over, as a .gitignore in the repository would have it
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.endpoint = ""
        self.lock = threading.Lock()

    def holds(self, name: str, files: dict[str, bytes], **more: Any) -> Repository:
        """Puts a repository there."""
        self.repositories[name] = Repository(files=dict(files), commits=1, **more)
        return self.repositories[name]

    def fails(self, path: str, **more: Any) -> None:
        """Puts a fault before the next request."""
        self.faults.append(Fault(path, **more))

    def fault(self, method: str, path: str) -> Fault:
        """What goes wrong with this request, which uses it up."""
        with self.lock:
            for one in self.faults:
                if one.times > 0 and one.method == method and one.path in path:
                    one.times -= 1
                    return one
        return Fault("")

    def requests(self, method: str, part: str) -> list[Asked]:
        return [one for one in self.asked if one.method == method and part in one.path]

    @contextlib.contextmanager
    def served(self) -> Iterator[Hub]:
        """Within the block it answers."""
        handler = type("Handler", (Handler,), {"hub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers one request after another, for as long as the connection lives."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._handled()

    do_HEAD = do_POST = do_PUT = do_GET

    def _handled(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else self._chunks()
        url = urlsplit(self.path)
        self.place = unquote(url.path)
        asked = Asked(self.command, self.place, dict(self.headers), bool(url.scheme))
        self.hub.asked.append(asked)
        self.trouble = self.hub.fault(self.command, self.place)
        if self.trouble.status:
            self._json({"error": "as the test wants it"}, self.trouble.status)
            return
        for pattern, answer in ROUTES:
            if match := re.fullmatch(pattern, self.place):
                answer(self, *match.groups())
                return
        self._refused("EntryNotFound")

    def _chunks(self) -> bytes:
        """A body that says no length, as an upload from a file is sent."""
        parts = []
        if self.headers.get("Transfer-Encoding") == "chunked":
            while count := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(count))
                self.rfile.readline()
            self.rfile.readline()
        return b"".join(parts)

    def _json(self, value: Any, status: int = 200, **headers: str) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refused(self, code: str, status: int | None = None) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": code}
        self._json({"error": code}, status or REASONS[code], **headers)

    def _role(self) -> str | None:
        """What the request's token may do; None without one; "unknown" for one that nobody gave."""
        token = self.headers.get("Authorization")
        return token and self.hub.tokens.get(token.removeprefix("Bearer "), "unknown")

    def _stranger(self) -> bool:
        """Whether the token is none that the hub knows, which is then answered."""
        if self._role() != "unknown":
            return False
        message = "Invalid credentials in Authorization header"
        self._json({"error": message}, 401, **{"X-Error-Message": message})
        return True

    def _found(self, name: str) -> Repository | None:
        """The repository, where whoever asks may see it; else that is answered."""
        if self._stranger():
            return None
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and self._role() is None):
            self._refused("RepoNotFound", 401 if self._role() is None else 404)
            return None
        if repository.gated and self.command in ("GET", "HEAD") and "/resolve/" in self.place:
            self._refused("GatedRepo", 401 if self._role() is None else 403)
            return None
        return repository

    def _writes(self, owner: str) -> bool:
        """Whether the token may write to what `owner` has; else that is answered."""
        if self._stranger():
            return False
        if self._role() == "write" and owner in ("ada", "school"):
            return True
        message = "You don't have the rights to create a model under this namespace"
        self._json({"error": message}, 403 if self._role() else 401, **{"X-Error-Message": message})
        return False

    # The API, by route.

    def whoami(self) -> None:
        if self._stranger():
            return
        role = self._role()
        access = {"displayName": "t", "role": role}
        self._json(
            {
                "type": "user",
                "name": "ada",
                "orgs": [{"name": "school"}],
                "auth": {"type": "access_token", "accessToken": access},
            }
        )

    def create(self) -> None:
        asked = json.loads(self.body)
        owner = asked.get("organization") or "ada"
        if not self._writes(owner):
            return
        name = f"{owner}/{asked['name']}"
        url = f"{self.hub.endpoint}/{name}"
        if name in self.hub.repositories:
            self._json({"error": "You already created this model repo", "url": url}, 409)
            return
        private = asked.get("private") or asked.get("visibility") == "private"
        self.hub.repositories[name] = Repository(bool(private), files={".gitattributes": b"*"})
        self._json({"url": url, "name": name, "id": name})

    def yaml(self) -> None:
        self._json({"errors": [], "warnings": []})

    def info(self, name: str) -> None:
        if found := self._found(name):
            files = [{"rfilename": one} for one in found.files]
            self._json(
                {
                    "_id": "0",
                    "id": name,
                    "private": found.private,
                    "sha": found.commit,
                    "siblings": files,
                    "tags": [],
                }
            )

    def preupload(self, name: str) -> None:
        if not self._writes(name.partition("/")[0]) or self._found(name) is None:
            return
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["size"] >= LARGE else "regular",
                "shouldIgnore": one["path"] == self.hub.ignored,
                "oid": None,
            }
            for one in json.loads(self.body)["files"]
        ]
        self._json({"files": files})

    def batch(self, name: str) -> None:
        if not self._writes(name.partition("/")[0]):
            return
        objects = []
        for one in json.loads(self.body)["objects"]:
            actions = {"upload": {"href": f"{self.hub.endpoint}/lfs/{one['oid']}", "header": {}}}
            objects.append({**one, **({} if one["oid"] in self.hub.stored else {"actions": actions})})
        self._json({"transfer": "basic", "objects": objects})

    def upload(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            self._json({"error": "not what was promised"}, 400)
            return
        self.hub.stored[oid] = self.body
        self._json({})

    def commit(self, name: str) -> None:
        found = self._found(name) if self._writes(name.partition("/")[0]) else None
        if found is None:
            return
        for line in self.body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                found.files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                found.files[value["path"]] = self.hub.stored[value["oid"]]
        found.commits += 1
        url = f"{self.hub.endpoint}/{name}/commit/{found.commit}"
        self._json({"commitUrl": url, "commitOid": found.commit, "success": True})

    def resolve(self, name: str, revision: str, file: str) -> None:
        """A small file as it is; a large one elsewhere, as the hub has them on a CDN."""
        found = self._found(name)
        if found is None:
            return
        if revision not in ("main", found.commit):
            self._refused("RevisionNotFound")
            return
        if file not in found.files:
            self._json({}, 404, **{"X-Error-Code": "EntryNotFound", "X-Repo-Commit": found.commit})
            return
        content = found.files[file]
        own = {} if self.trouble.strange else {"X-Repo-Commit": found.commit}
        if len(content) < LARGE:
            oid = self.trouble.tag or hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            self._content(content, {**own, "ETag": f'"{oid}"'})
            return
        oid = hashlib.sha256(content).hexdigest()
        self.hub.stored[oid] = content
        linked = {
            "X-Linked-ETag": f'"{self.trouble.tag or oid}"',
            "X-Linked-Size": str(self.trouble.size or len(content)),
        }
        elsewhere = self.hub.endpoint.replace("127.0.0.1", "localhost")
        self._json({}, 302, Location=f"{elsewhere}/cdn/{oid}", **own, **linked)

    def cdn(self, oid: str) -> None:
        self._content(self.hub.stored[oid], {"ETag": f'"{oid}"'})

    def file(self, name: str) -> None:
        """As a plain web server has it."""
        if name not in self.hub.plain:
            self._json({}, 404)
            return
        content = self.hub.plain[name]
        tag = self.trouble.tag or hashlib.md5(content).hexdigest()
        self._content(content, {} if self.trouble.strange else {"ETag": f'"{tag}"'})

    def _content(self, content: bytes, headers: dict[str, str]) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if self.headers.get("If-Range", headers.get("ETag")) != headers.get("ETag"):
            asked = None
        begin = int(asked[1]) if asked else 0
        if begin >= len(content):
            self._json({}, 416, **{"Content-Range": f"bytes */{len(content)}"})
            return
        body = content[begin:]
        if self.trouble.altered:
            body = bytes([body[0] ^ 1]) + body[1:]
        if self.trouble.size and "/cdn/" in self.place:
            body = body[: self.trouble.size]
        self.send_response(206 if asked else 200)
        if asked:
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        for name, text in {**headers, "Content-Length": str(len(body)), "Accept-Ranges": "bytes"}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command == "HEAD":
            return
        self._sent(body)

    def _sent(self, body: bytes) -> None:
        cut = self.trouble.cut
        with contextlib.suppress(OSError):  # whoever asked has gone
            for begin in range(0, len(body[:cut]), 100_000):
                self.wfile.write(body[:cut][begin : begin + 100_000])
                if self.trouble.slow:
                    threading.Event().wait(self.trouble.slow)
        if cut is not None:
            self.close_connection = True


_NAME = r"([^/]+/[^/]+)"
ROUTES = (
    (r"/api/whoami-v2", Handler.whoami),
    (r"/api/repos/create", Handler.create),
    (r"/api/validate-yaml", Handler.yaml),
    (rf"/api/models/{_NAME}", Handler.info),
    (rf"/api/models/{_NAME}/revision/[0-9a-f]+", Handler.info),
    (rf"/api/models/{_NAME}/preupload/main", Handler.preupload),
    (rf"/api/models/{_NAME}/commit/main", Handler.commit),
    (rf"/{_NAME}\.git/info/lfs/objects/batch", Handler.batch),
    (r"/lfs/([0-9a-f]+)", Handler.upload),
    (rf"/{_NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
    (r"/cdn/([0-9a-f]+)", Handler.cdn),
    (r"/files/([^/]+)", Handler.file),
)

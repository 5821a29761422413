"""Files over plain HTTP: whole and of the right hash, or not there at all.

What has come of a file lies beside its place, in NAME.ETAG.incomplete, until it is whole: a connection that breaks, a
Ctrl-C and a kill lose nothing. The server's ETag says of which version it is a part (RFC 9110, 13.1.5: If-Range).
huggingface_hub's client asks: it heeds HTTP_PROXY, HTTPS_PROXY, NO_PROXY and HF_HUB_OFFLINE.
"""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from headstart import files, locks, progress

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHUNK = 256 * 1024  # bytes: after a break it goes on from the last whole one
_TRIES = 5  # breaks in a row without anything new
_PAUSE = 1.0  # seconds after a break
_LOCK = ".lock"
_END = ".incomplete"  # huggingface_hub's word for such files, which `hf cache prune` clears away
_STRONG = re.compile(r'"[!#-~]+"')  # an ETag that stands for the same bytes
_LONGEST = 100  # signs of a quoted ETag in a name; most systems' names have no more than 255 in all
_PARTIAL, _UNSATISFIABLE = 206, 416


class NotWhole(Exception):
    """A file is not the one that was to come."""


class NoRoom(Exception):
    """The disk has no room for a file: its bytes, the bytes that are free."""


@dataclass(frozen=True)
class Wanted:
    """url: where a file is had from; place: where it goes; name: what errors call it; label: what its progress is told
    under; is_right: whether what has come is the file, by its hash, True where none is known; size: in bytes, 0 where
    it is not known before; headers: of the request."""

    url: str
    place: Path
    name: str
    label: str
    is_right: Callable[[Path], bool] = lambda _: True
    size: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


def download(wanted: Wanted) -> None:
    """Brings a file to its place; what is there already stays. Of two processes the second waits for the first.

    Raises NotWhole, NoRoom, OSError, and the HTTP library's errors.
    """
    wanted.place.parent.mkdir(parents=True, exist_ok=True)
    line = f"{wanted.name}: another process is downloading it; waiting for that"
    lock = wanted.place.with_name(wanted.place.name + _LOCK)
    with locks.held_and_removed(lock, partial(progress.say, line)):
        if wanted.place.is_file():
            return
        try:
            _bring(wanted)
        except OSError as error:
            for part in _parts(wanted.place) if error.errno in FULL else ():
                part.unlink()
            raise
        finally:
            _unnamed(wanted.place).unlink(missing_ok=True)
            for part in _parts(wanted.place):
                if not part.stat().st_size:
                    part.unlink()


def http_error() -> type[Exception]:
    """What all errors are of the HTTP library that huggingface_hub uses, whose name changes."""
    from huggingface_hub.errors import HfHubHTTPError

    found: Any = HfHubHTTPError.__bases__[0]
    return found


def _bring(wanted: Wanted) -> None:
    begun = _parts(wanted.place)
    _make_sure_of_room(wanted.place, wanted.size - sum(part.stat().st_size for part in begun))
    part = _Coming(wanted).whole()
    if begun and not wanted.is_right(part):  # what lay there was damaged
        part.unlink()
        part = _Coming(wanted).whole()
    if not wanted.is_right(part):
        part.unlink()
        raise NotWhole(wanted.name)
    files.put(part, wanted.place)


class _Coming:
    """A file on its way, over as many requests as it takes. left: breaks that are still borne; none before anything
    has come, so that nobody waits long where nobody answers."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.left = wanted, 0
        self.told = 0
        self.advance: Callable[[int], None] | None = None
        self.shown = contextlib.ExitStack()

    def whole(self) -> Path:
        """Where all of it lies."""
        from huggingface_hub.errors import HfHubHTTPError

        with self.shown:
            while True:
                try:
                    return self._asked()
                except http_error() as error:
                    if isinstance(error, HfHubHTTPError) or not self.left:
                        raise
                    self.left -= 1
                    time.sleep(_PAUSE)

    def _asked(self) -> Path:
        """One request. The last byte of what is here is asked for again: so there always is one."""
        from huggingface_hub import constants
        from huggingface_hub.utils import get_session, hf_raise_for_status

        part, etag = next(iter(_parts(self.wanted.place).items()), (None, ""))
        begin = max(0, part.stat().st_size - 1) if part else 0
        headers = {**self.wanted.headers, "Accept-Encoding": "identity"}
        if begin:
            headers |= {"Range": f"bytes={begin}-", "If-Range": etag}
        within = constants.HF_HUB_DOWNLOAD_TIMEOUT
        with get_session().stream("GET", self.wanted.url, headers=headers, timeout=within) as answer:
            if answer.status_code in (_PARTIAL, _UNSATISFIABLE) and part and not _goes_on(answer, begin):
                part.unlink()
                return self._asked()
            hf_raise_for_status(answer)
            if answer.status_code != _PARTIAL or part is None:
                part, begin = self._begun(answer.headers.get("etag", "")), 0
            self._write(part, begin, answer)
        return part

    def _begun(self, etag: str) -> Path:
        """An empty file for what comes; of other versions nothing is kept."""
        for part in _parts(self.wanted.place):
            part.unlink()
        place, tag = self.wanted.place, quote(etag, safe="")
        told = _STRONG.fullmatch(etag) and len(tag) <= _LONGEST
        part = place.with_name(f"{place.name}.{tag}{_END}") if told else _unnamed(place)
        part.write_bytes(b"")
        return part

    def _write(self, part: Path, begin: int, answer: Any) -> None:
        more = int(answer.headers.get("content-length") or 0)
        _make_sure_of_room(part, more)
        self._tell(begin, begin + more)
        with part.open("r+b") as file:
            file.seek(begin)
            file.truncate()
            for chunk in answer.iter_bytes(_CHUNK):
                file.write(chunk)
                self._tell(file.tell(), begin + more)
                self.left = _TRIES

    def _tell(self, come: int, total: int) -> None:
        """So many bytes of it are here; fewer than before where a server begins anew."""
        if self.advance is None:
            bar = self.shown.enter_context(progress.bar(self.wanted.label, total // 1000))
            self.advance = bar.advance
        self.advance(come // 1000 - self.told)
        self.told = come // 1000


def _goes_on(answer: Any, begin: int) -> bool:
    """Whether a server gives what comes from byte `begin` on."""
    told = answer.headers.get("content-range", "")
    return answer.status_code == _PARTIAL and told.startswith(f"bytes {begin}-")


def _parts(place: Path) -> dict[Path, str]:
    """What has come of the file that goes to `place`, with the ETag of each."""
    named = re.compile(rf"{re.escape(place.name)}\.(%22.+%22){re.escape(_END)}")
    found = {path: named.fullmatch(path.name) for path in place.parent.iterdir()}
    return {path: unquote(match[1]) for path, match in found.items() if match}


def _unnamed(place: Path) -> Path:
    """Where a file comes whose ETag is lacking, or too long for a name: nothing tells of which version it is a part,
    and it is not kept."""
    return place.with_name(place.name + _END)


def _make_sure_of_room(place: Path, more: int) -> None:
    """Raises NoRoom where the disk of `place` does not hold so many bytes more."""
    free = shutil.disk_usage(place.parent).free
    if more > free:
        raise NoRoom(more, free)

"""Access: which requests are listened to. A page of another site, in the user's own browser, is a stranger too."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from headstart.server.problem import Problem

LOCAL = ("localhost",)
OPEN = ("/", "/health")  # without a token: neither says anything of the model
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")
_READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Access:
    """names: those under which the server may be addressed, beside addresses in digits. A name that somebody else's
    DNS leads here (rebinding) is none of them, and no page can send another one.
    token: what `Authorization: Bearer` must bring; "" where nobody but this machine can reach the server."""

    names: frozenset[str]
    token: str = ""

    def check(self, method: str, path: str, headers: Headers) -> None:
        """Raises Problem."""
        host = self._host(headers)
        if method not in _READING:
            _own_page(headers, host)
        if self.token and path not in OPEN:
            self._known(headers)

    def _host(self, headers: Headers) -> str:
        given = headers.getlist("host")
        found = _HOST.fullmatch(given[0].lower()) if len(given) == 1 else None
        if found is None:
            raise Problem(400, "Host: expected one name or address, with or without a port")
        name = found["name"]
        if name.rstrip(".") not in self.names and not _digits(name):
            raise Problem(
                421, f"Host {name!r}: not a name of this server; start it with --allow-host {name} if it is"
            )
        return found[0]

    def _known(self, headers: Headers) -> None:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not _same(given.strip(), self.token):
            raise Problem(
                401,
                "Authorization: expected `Bearer` and the token that the server was started with",
                headers={"www-authenticate": "Bearer"},
            )


def _same(given: str, token: str) -> bool:
    """In a time that tells nothing: hashes, since compare_digest tells the length."""
    a, b = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, token))
    return hmac.compare_digest(a, b)


def _own_page(headers: Headers, host: str) -> None:
    """Raises Problem where a browser says that a page of another origin asks."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise Problem(
            403, f"Sec-Fetch-Site {site!r}: pages of other sites may not ask; use the server's own page"
        )
    if origin is not None and _place(origin) != host:
        raise Problem(403, f"Origin {origin!r}: pages of other sites may not ask; use the server's own page")


def _place(origin: str) -> str:
    """Its name and port, "" where it is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _digits(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True

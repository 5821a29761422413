"""headstart serve: a bundle behind HTTP, a page and an API."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import asked, blas, bundles, options, show, values
from headstart.errors import OptionError

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.model import Model
    from headstart.server.limits import Limits

TOKEN = "HEADSTART_TOKEN"
_LEAST = 16  # characters of a token


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "serve",
        run,
        "serve a bundle: a page for people and an HTTP API for programs",
        options.bundle(),
        options.machine(),
    )
    add = parser.add_argument_group("server").add_argument
    add(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where to listen (127.0.0.1: this machine alone)",
    )
    add("--port", type=values.whole(0, 65535), default=8000, metavar="N", help="0 takes a free one (8000)")
    add(
        "--token",
        metavar="TEXT",
        help=f"what requests must bring; better as {TOKEN} in the environment, which no list of processes shows "
        "(none on this machine; elsewhere one is made and printed)",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which it is reached, such as that of a proxy; may be repeated (localhost, --host)",
    )
    add("--verbose", action="store_true", help="a line for each request, without names of files")
    add = parser.add_argument_group("limits").add_argument
    add(
        "--max-body",
        type=values.number(open_end=True, of="megabytes"),
        default=64,
        metavar="MB",
        help="of a request (64)",
    )
    add(
        "--max-pixels",
        type=values.number(open_end=True, of="millions of pixels"),
        default=100,
        metavar="MILLIONS",
        help="of a picture (100)",
    )
    add("--timeout", type=values.duration, default=60, metavar="TIME", help="for a request (60s)")


def run(args: Namespace, session: Session) -> int:
    blas.one_thread()  # before numpy is imported
    from headstart import model
    from headstart.extras import needed_for

    session.last_word = "what was in hand is answered"
    with needed_for("serve", "serve"):
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401

        from headstart.server import serving
    from headstart.server.limits import MB, Limits

    limits = Limits(int(args.max_body * MB), int(args.max_pixels * MB), seconds=args.timeout)
    token, made = _token(args)
    with bundles.opened(args.bundle) as bundle, serving.bound(args.host, args.port) as listening:
        loaded = model.load(bundle)
        guard, alone = _guard(args, session, loaded, limits, token)
        url = _url(args.host, listening.getsockname()[1])
        serving.serve(guard, listening, limits, lambda: _say(args, url, token if made else "", alone))
    return 0


def _guard(args: Namespace, session: Session, model: Model, limits: Limits, token: str) -> tuple[Any, bool]:
    """(the application, whether its page does without the server)"""
    import headstart
    from headstart.server.access import LOCAL, Access
    from headstart.server.answering import Answering
    from headstart.server.app import application
    from headstart.server.guard import Guard
    from headstart.server.page import page_of

    answering = Answering(model, asked.execution(args, session, model.plan), limits)
    answering.warm()
    page = page_of(model, headstart.__version__, token=bool(token))
    names = frozenset(name.lower().rstrip(".") for name in (*LOCAL, args.host, *args.allow_host))
    tell = progress.say if args.verbose else None
    return Guard(application(answering, page), Access(names, token), limits, tell), page.alone


def _token(args: Namespace) -> tuple[str, bool]:
    """(the token, or "" for none; whether it was made here). Raises OptionError."""
    import secrets

    given = args.token if args.token is not None else os.environ.get(TOKEN, "")
    if given and (len(given) < _LEAST or not given.isascii() or not given.isprintable() or " " in given):
        raise OptionError(
            f"token: expected {_LEAST} or more letters, digits and signs without spaces; make a longer one"
        )
    if given or _is_local(args.host):
        return given, False
    return secrets.token_urlsafe(32), True


def _is_local(host: str) -> bool:
    """Whether nothing but this machine reaches a server there."""
    import ipaddress
    import socket

    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False  # bound() says so
    return all(ipaddress.ip_address(address[4][0]).is_loopback for address in found)


def _url(host: str, port: int) -> str:
    return f"http://{_bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    """As addresses have it: in brackets where it is one of IPv6."""
    return f"[{host}]" if ":" in host else host


def _others(host: str) -> str:
    """What others put in place of a host that stands for all addresses of this machine; "" for another host."""
    if host not in ("0.0.0.0", "::"):
        return ""
    own = _own_address()
    such = f", such as {own}" if own else ""
    return f"put this machine's address in place of {_bracketed(host)}{such}; a name works if --allow-host gives it"


def _own_address() -> str:
    """This machine's in the network that it reaches others by; "" where there is none. Nothing is sent."""
    import socket

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as looking:
            looking.connect(("192.0.2.1", 9))  # an address that nobody has (RFC 5737)
            return looking.getsockname()[0]
    except OSError:
        return ""


def _say(args: Namespace, url: str, token: str, alone: bool) -> None:
    page = f"{url}/#token={token}" if token else f"{url}/"
    if args.json:
        show.as_json({"bundle": args.bundle, "url": url, "page": page, "token": token or None})
        return
    show.fact("page", page + ("   (pictures stay in the browser)" if alone else ""))
    show.fact("api", f"{url}/v1/predict")
    if others := _others(args.host):
        show.fact("others", others)
    if token:
        show.fact("token", token)
    show.fact("stop", "Ctrl-C; what is in hand is answered")

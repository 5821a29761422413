"""headstart serve: its flags, and each mistake in one line. What it serves: tests/server."""

from __future__ import annotations

import ipaddress
import socket
import sys

import pytest

from headstart.cli import serve
from headstart.cli import verbs as door
from headstart.errors import OptionError


def refused(answer) -> str:
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    return answer.err


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "python_multipart"])
def test_a_package_that_is_not_there_is_told_with_the_command(headstart, monkeypatch, package):
    for name in [name for name in sys.modules if name.startswith("headstart.server.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert f"serve: needs {package}; pip install " in (said := refused(headstart("serve", "bundle")))
    assert "[serve]" in said


def test_a_port_that_is_taken_is_one_line(headstart):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(headstart("serve", "bundle", "--port", taken.getsockname()[1], "--quiet"))
    assert "cannot listen there (Address already in use); choose another --host or --port" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--host", "no.such.host.invalid"), "cannot listen there"),
        (("--token", "short"), "token: expected 16 or more"),
        (("--token", "a token with spaces in it"), "token: expected 16 or more"),
        (("--port", "70000"), "--port: expected a whole number from 0 to 65535"),
        (("--max-body", "1MB"), "--max-body: expected a number of megabytes above 0, got '1MB'"),
        (("--max-pixels", "0"), "--max-pixels: expected a number of millions of pixels above 0, got '0'"),
        (("--timeout", "soon"), "--timeout: expected a time such as"),
    ],
)
def test_mistakes_are_one_line(headstart, flags, said):
    assert said in refused(headstart("serve", "bundle", *flags))


def test_no_bundle_is_one_line(headstart, tmp_path):
    assert "no such folder" in refused(headstart("serve", tmp_path / "none", "--port", "0", "--quiet"))


@pytest.mark.parametrize(
    ("host", "flag", "environment", "token"),
    [
        ("127.0.0.1", None, None, ""),
        ("localhost", None, None, ""),
        ("::1", None, None, ""),
        ("127.0.0.1", None, "of-the-environment", "of-the-environment"),
        ("127.0.0.1", "of-the-command-line", "of-the-environment", "of-the-command-line"),
        ("127.0.0.1", "", "of-the-environment", ""),
        ("0.0.0.0", "of-the-command-line", None, "of-the-command-line"),
        ("0.0.0.0", None, None, None),
        ("0.0.0.0", "", None, None),
        ("::", None, None, None),
    ],
)
def test_a_token_is_a_must_where_others_reach_the_server(monkeypatch, host, flag, environment, token):
    """None: one is made."""
    monkeypatch.delenv(serve.TOKEN, raising=False)
    if environment:
        monkeypatch.setenv(serve.TOKEN, environment)
    args = door.parser().parse_args(
        ["serve", "b", "--host", host, *(["--token", flag] if flag is not None else [])]
    )
    found, made = serve._token(args)
    assert made == (token is None)
    assert len(found) >= 32 if made else found == token


def test_a_token_of_the_environment_is_looked_at_too(monkeypatch):
    monkeypatch.setenv(serve.TOKEN, "short")
    with pytest.raises(OptionError, match="expected 16 or more"):
        serve._token(door.parser().parse_args(["serve", "b"]))


@pytest.mark.parametrize(
    ("host", "own", "said"),
    [
        ("0.0.0.0", "192.168.1.7", "in place of 0.0.0.0, such as 192.168.1.7; "),
        ("::", "192.168.1.7", "in place of [::], such as 192.168.1.7; "),
        ("0.0.0.0", "", "in place of 0.0.0.0; "),
        ("192.168.1.7", "192.168.1.7", ""),
    ],
)
def test_what_others_put_in_place_of_all_addresses_is_told(monkeypatch, capsys, host, own, said):
    monkeypatch.setattr(serve, "_own_address", lambda: own)
    args = door.parser().parse_args(["serve", "b", "--host", host])
    serve._say(args, serve._url(host, 8000), "token", True)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("others ")]
    assert len(lines) == bool(said)
    assert all(said in line for line in lines)


def test_the_own_address_is_one_or_none():
    assert not (found := serve._own_address()) or ipaddress.ip_address(found)

"""Who is listened to: names, tokens, pages of other sites."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from headstart.server.access import Access
from headstart.server.problem import Problem
from tests.server.conftest import built, client, encoded, files
from tests.server.test_api import URL, refused

TOKEN = "a-token-of-some-length"


def status(method: str = "GET", path: str = "/v1/model", token: str = "", **headers: str) -> int:
    """0 where it is listened to."""
    given = {"host": "localhost:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        Access(frozenset({"localhost", "pictures.example"}), token).check(method, path, Headers(given))
    except Problem as problem:
        return problem.status
    return 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 0),
        ("LOCALHOST:8000", 0),
        ("localhost.", 0),
        ("127.0.0.1:8000", 0),
        ("[::1]:8000", 0),
        ("192.168.1.7", 0),
        ("pictures.example", 0),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil.example:127.0.0.1", 400),
        ("localhost@evil.example", 400),
        ("localhost, evil.example", 400),
        ("", 400),
    ],
)
def test_only_names_of_the_servers_own(host, expected):
    assert status(host=host) == expected


def test_two_hosts_are_none():
    raw = Headers(raw=[(b"host", b"localhost"), (b"host", b"localhost")])
    with pytest.raises(Problem, match="expected one name"):
        Access(frozenset({"localhost"})).check("GET", "/", raw)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 0),
        ({"origin": "http://localhost:8000"}, 0),
        ({"origin": "https://localhost:8000"}, 0),  # a proxy has taken TLS off
        ({"origin": "http://localhost:9000"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "same-origin"}, 0),
        ({"sec_fetch_site": "none"}, 0),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
    ],
)
def test_pages_of_other_sites_may_not_post(headers, expected):
    assert status("POST", URL, **headers) == expected
    assert status("PUT", URL, **headers) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (f"Bearer {TOKEN}", 0),
        (f"bearer  {TOKEN}", 0),
        (TOKEN, 401),
        ("Bearer ", 401),
        ("Bearer", 401),
        (f"Basic {TOKEN}", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer ÿ", 401),
        ("", 401),
    ],
)
def test_a_token_is_the_whole_one(given, expected):
    assert status(token=TOKEN, authorization=given) == expected
    assert status("POST", URL, TOKEN, authorization=given) == expected


@pytest.mark.parametrize("path", ["/v1/model", "/openapi.json", "/v1/predict", "/nothing", "//", "/health/"])
def test_without_the_token_there_is_the_page_and_health_alone(path):
    assert status(path=path, token=TOKEN) == 401
    assert status(path="/", token=TOKEN) == status(path="/health", token=TOKEN) == 0


def test_a_refusal_says_what_to_do(loaded):
    with client(built(loaded, TOKEN)) as api:
        answer = api.post(URL, files=files(encoded(1)))
        assert "`Bearer` and the token" in refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        known = {"authorization": f"Bearer {TOKEN}"}
        assert api.post(URL, files=files(encoded(1)), headers=known).status_code == 200
        said = refused(api.get("/health", headers={"host": "evil.example"}), 421)
        assert (
            said
            == "Host 'evil.example': not a name of this server; start it with --allow-host evil.example if it is"
        )

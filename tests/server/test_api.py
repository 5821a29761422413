"""The API: what it answers, and what it refuses."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import headstart as library
from headstart.cli.main import main
from headstart.data.taxonomy import Taxonomy
from headstart.model import Model
from headstart.model.decision import Decision, Threshold
from tests.server.conftest import bomb, built, client, cut, encoded, files

URL = "/v1/predict"


def refused(answer: Any, status: int) -> str:
    """The one line that says why."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert "\n" not in told["detail"]
    return told["detail"]


def each(text: str) -> list[str]:
    """The predictions in a JSON text, each as it is written there, with its numbers' digits."""
    told = json.loads(text, parse_float=lambda digits: f"number {digits}")
    return [json.dumps({**one, "path": ""}) for one in told["predictions"]]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Of several sizes and kinds."""
    folder, found = tmp_path_factory.mktemp("pictures"), []
    for number in range(23):
        kind, name = ("PNG", "circle") if number % 2 else ("JPEG", "cross")
        found.append(folder / f"{number:02}.{kind.lower()}")
        found[-1].write_bytes(encoded(number, 20 + 17 * (number % 5) + 300 * (number == 4), kind, name))
    return found


def sent(paths: list[Path]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (path.name, path.read_bytes())) for path in paths]


@pytest.mark.parametrize("asked", [{}, {"top": 1}, {"coverage": 0.9}])
def test_answers_are_those_of_predict_byte_for_byte(bundle, api, pictures, capsys, asked):
    """Asked one by one, by sevens, and all together."""
    flags = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
    assert main(["predict", str(bundle), *map(str, pictures), "--json", *flags]) == 0
    expected = each(capsys.readouterr().out)
    assert len(set(expected)) > 10
    for n in (1, 7, len(pictures)):
        found = []
        for at in range(0, len(pictures), n):
            answer = api.post(URL, params=asked, files=sent(pictures[at : at + n]))
            assert answer.status_code == 200
            assert [one["path"] for one in answer.json()["predictions"]] == [
                p.name for p in pictures[at : at + n]
            ]
            found += each(answer.text)
        assert found == expected


def test_a_decision_and_a_taxonomy_are_answered_as_by_predict(loaded, bundle, pictures, tmp_path, capsys):
    names = loaded.classes
    decided = replace(
        loaded,
        decision=Decision(names, (Threshold(names[1], 0.9, 0.01, 0, 1, 10, 0.9),)),
        taxonomy=Taxonomy(("", *names), (-1, *[0] * len(names))),
    )
    library.save(decided, tmp_path / "bundle")
    assert main(["predict", str(tmp_path / "bundle"), *map(str, pictures), "--json", "--sure", "0.97"]) == 0
    told = capsys.readouterr().out
    with client(built(library.load(tmp_path / "bundle"))) as api:
        answer = api.post(URL, params={"sure": 0.97}, files=sent(pictures))
    assert each(answer.text) == each(told)
    assert "decided" in told
    assert "certain" in told


def test_a_picture_may_be_the_whole_body(api, pictures):
    data = pictures[1].read_bytes()
    alone = api.post(URL, content=data, headers={"content-type": "image/png"})
    assert alone.json()["predictions"][0]["path"] == "-"
    assert each(alone.text) == each(api.post(URL, files=files(data)).text)


def test_a_hundred_files_get_a_hundred_answers_in_order(api):
    contents = [encoded(number, name="cross" if number % 3 else "circle") for number in range(100)]
    told = api.post(URL, files=files(*contents)).json()
    assert [one["path"] for one in told["predictions"]] == [f"{n}.png" for n in range(100)]
    alone = [api.post(URL, files=files(one)).json()["predictions"][0]["confidence"] for one in contents[:5]]
    assert [one["confidence"] for one in told["predictions"][:5]] == alone


def test_what_cannot_be_used_is_left_out_with_predicts_reason(api, tmp_path, bundle, capsys):
    good, short, junk = encoded(1), cut(encoded(2, 90, "JPEG")), b"no picture"
    told = api.post(URL, files=files(good, short, junk, b"\x89PNG\r\n\x1a\n")).json()
    assert [one["path"] for one in told["predictions"]] == ["0.png"]
    paths = []
    for place, data in enumerate((good, short, junk, b"\x89PNG\r\n\x1a\n")):
        paths.append(tmp_path / f"{place}.png")
        paths[-1].write_bytes(data)
    assert main(["predict", str(bundle), *map(str, paths), "--json"]) == 3
    expected = json.loads(capsys.readouterr().out)["left_out"]
    assert [one["reason"] for one in told["left_out"]] == [one["reason"] for one in expected]
    assert [one["path"] for one in told["left_out"]] == ["1.png", "2.png", "3.png"]


def test_a_jpeg_without_its_end_is_taken_where_that_is_asked_for(api):
    short = cut(encoded(2, 90, "JPEG"))
    told = api.post(URL, params={"truncated": "keep"}, files=files(short)).json()
    assert told["truncated"] == ["0.png"]
    assert len(told["predictions"]) == 1
    answer = api.post(URL, files=files(short))
    assert refused(answer, 422) == "none of 1 pictures can be used; the first is '0.png': truncated"
    assert answer.json()["left_out"] == [{"path": "0.png", "reason": "truncated"}]


HOSTILE = (
    "../../etc/passwd",
    "/etc/passwd",
    "a\x1b[2Jb.png",
    "‮gnp.exe",
    "<script>",
    "x" * 300,
    'a";b',
    "\\\\h\\s.png",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_said_back_and_nothing_else(api, name):
    answer = api.post(URL, files=[("file", (name, encoded(1)))])
    assert answer.status_code == 200
    (one,) = answer.json()["predictions"]
    assert one["label"]
    assert not set(answer.text) & set("\x1b\u202e")
    assert refused(api.post(URL, files=[("file", (name, b"no picture"))]), 422)


def test_names_in_no_known_encoding_and_parts_without_a_disposition(api):
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff\xfe.png"\r\n\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    told = api.post(URL, content=head + encoded(1) + b"\r\n--x--\r\n", headers=kind)
    assert told.json()["predictions"][0]["path"] == "ÿþ.png"
    assert "is no file" in refused(
        api.post(URL, content=b"--x\r\nA: b\r\n\r\nq\r\n--x--\r\n", headers=kind), 422
    )


BOUNDARY = "multipart/form-data; boundary=x"
NO_FORM = {
    "nothing": (b"", 400),
    "no end": (b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nabc', 400),
    "another boundary": (b"--y\r\n\r\n--y--\r\n", 400),
    "a header too long": (b"--x\r\nA: " + b"b" * 9000 + b"\r\n\r\n--x--\r\n", 400),
    "many headers": (b"--x\r\n" + b"A: b\r\n" * 100 + b"\r\n\r\n--x--\r\n", 400),
    "no part": (b"--x--\r\n", 422),
}


@pytest.mark.parametrize(("body", "status"), NO_FORM.values(), ids=NO_FORM.keys())
def test_what_is_no_form_is_one_line(api, body, status):
    refused(api.post(URL, content=body, headers={"content-type": BOUNDARY}), status)


def test_urls_and_paths_are_not_taken(api, bundle):
    for field in ("url", "path", "file"):
        answer = api.post(URL, files=[(field, (None, "http://127.0.0.1/x.png"))])
        assert refused(answer, 422).startswith(f"field '{field}' is no file; send files alone")
    refused(api.post(URL, json={"url": "file:///etc/passwd"}), 415)
    refused(api.post(URL, data={"path": str(bundle)}), 415)


REFUSED = [
    ({"params": {"top": "0"}}, 422, "top: expected a whole number of at least 1, got '0'"),
    ({"params": {"top": "x"}}, 422, "top: expected a whole number of at least 1, got 'x'"),
    ({"params": {"coverage": "1"}}, 422, "coverage: expected a share between 0 and 1, such as 0.9, got '1'"),
    ({"params": {"sure": "0.9"}}, 422, "sure: the bundle has no taxonomy"),
    ({"params": {"truncated": "x"}}, 422, "truncated: expected refuse or keep, got 'x'"),
    ({"params": {"topp": "1"}}, 422, "?topp=: unknown; expected some of top, coverage"),
    ({"headers": {"content-encoding": "gzip"}}, 415, "Content-Encoding: expected none"),
]


@pytest.mark.parametrize(("more", "status", "said"), REFUSED, ids=str)
def test_what_cannot_be_asked_is_one_line(api, more, status, said):
    assert refused(api.post(URL, files=files(encoded(1)), **more), status).startswith(said)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", URL, 405),
        ("DELETE", "/v1/model", 405),
        ("OPTIONS", URL, 405),
    ],
)
def test_other_paths_and_methods_have_the_same_shape(api, method, path, status):
    assert "see /openapi.json" in refused(api.request(method, path), status)


@pytest.mark.parametrize("path", ["/", "/health", "/v1/model", "/openapi.json", "/nothing"])
def test_head_is_answered_as_get_without_the_body(api, path):
    whole, bare = api.get(path), api.head(path)
    assert bare.status_code == whole.status_code
    assert bare.headers == whole.headers
    assert int(bare.headers["content-length"]) == len(whole.content)
    assert not bare.content


def test_what_another_method_may_be_is_told(api):
    assert api.delete("/v1/model").headers["allow"] == "GET, HEAD"
    assert api.head(URL).headers["allow"] == "POST"
    assert api.head(URL).status_code == 405


def test_too_much_is_413(loaded):
    with client(built(loaded, body=20_000, pictures=3, pixels=10_000)) as api:
        assert "larger than 0.02 MB" in refused(api.post(URL, files=files(b"x" * 30_000)), 413)
        kind = {"content-type": "image/png"}
        stream = (b"x" * 1000 for _ in range(30))  # no Content-Length
        assert "larger than 0.02 MB" in refused(api.post(URL, content=stream, headers=kind), 413)
        assert "more than 3 pictures" in refused(api.post(URL, files=files(*[encoded(1)] * 4)), 413)
        assert "101 × 100 pixels" in refused(api.post(URL, files=files(bomb(101, 100))), 413)
        assert api.post(URL, files=files(encoded(1, 60))).status_code == 200


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_picture_bomb_is_413_and_is_not_decoded(api, side):
    """The second is more than Pillow opens."""
    assert (
        f"{side * side:,}" in (said := refused(api.post(URL, files=files(bomb(side, side))), 413))
        or str(f"{side:,} × {side:,}") in said
    )


def test_the_model_says_what_it_is(api, loaded):
    told = api.get("/v1/model").json()
    assert told["classes"] == list(loaded.classes)
    assert told["backbone"] == "demo-cnn"
    assert told["version"] == library.__version__
    assert told["certainty"]["temperature"] == loaded.certainty.temperature
    assert told["certainty"]["coverage"]
    assert told["certainty"]["least_similarity"] == loaded.certainty.familiar.line
    assert {"accuracy", "n", "interval"} <= set(told["measured"]["held-out"])


def test_openapi_describes_what_is_answered(api):
    told = api.get("/openapi.json").json()
    assert set(told["paths"]) == {"/v1/predict", "/v1/model", "/health"}
    post = told["paths"]["/v1/predict"]["post"]
    assert {"multipart/form-data", "image/*"} == set(post["requestBody"]["content"])
    assert {"200", "401", "413", "503", "504"} <= set(post["responses"])
    assert set(post["responses"]["413"]["content"]) == {"application/problem+json"}
    fields = told["components"]["schemas"]["Prediction"]["properties"]
    answer = api.post(URL, params={"coverage": 0.9}, files=files(encoded(1))).json()
    assert set(answer["predictions"][0]) <= set(fields)
    assert set(answer) == set(told["components"]["schemas"]["Predictions"]["properties"])
    card = told["components"]["schemas"]["ModelCard"]["properties"]
    assert set(api.get("/v1/model").json()) == set(card)


@pytest.mark.parametrize("path", ["/", "/health", "/v1/model", "/nothing", "/openapi.json"])
def test_every_answer_has_the_headers(api, path):
    headers = api.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_line_is_told_of_each_request_without_names_of_files(loaded):
    said: list[str] = []
    with client(built(loaded, tell=said.append)) as api:
        api.post(URL, files=[("file", ("secret.png", encoded(1)))])
        api.get("/a%1b[2J%0a%e2%80%ae")
    assert said[0].startswith("POST /v1/predict 200 ")
    assert said[1].startswith("GET /a")
    assert not [line for line in said if "secret" in line or set(line) & set("\x1b\n\u202e")]


def test_an_error_of_the_servers_own_is_500_and_tells_nothing(loaded: Model, monkeypatch):
    guard = built(loaded)
    monkeypatch.setattr(Model, "answers_to_frames", lambda *_, **__: 1 / 0)
    with TestClient(guard, base_url="http://localhost", raise_server_exceptions=False) as api:
        answer = api.post(URL, files=files(encoded(1)))
    assert refused(answer, 500) == "an error of the server's own; its log says more"


def test_where_one_picture_is_refused_the_others_are_not_asked_about(loaded: Model, monkeypatch):
    asked: list[int] = []
    answers = Model.answers_to_frames

    def slowly(model: Model, frames: np.ndarray, *rest: Any, **more: Any) -> Any:
        asked.append(len(frames))
        time.sleep(0.1)
        return answers(model, frames, *rest, **more)

    with client(built(loaded)) as api:
        monkeypatch.setattr(Model, "answers_to_frames", slowly)
        refused(api.post(URL, files=files(*[encoded(1)] * 80, bomb(60_000, 60_000))), 413)
        before = sum(asked)
        time.sleep(1)
    assert sum(asked) == before < 80

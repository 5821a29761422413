"""Weights from the hub, by a stand-in on loopback: whole, or one line and nothing in the cache."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save

from headstart import backbone
from headstart.backbone import from_timm
from headstart.backbone import hub as asking
from headstart.backbone.download import NotWhole
from headstart.errors import BackboneError, HeadstartError, OfflineError, OutputError, WeightsError
from tests.cli.conftest import tree
from tests.hub.conftest import full_disk, until
from tests.hub.stand_in import Repository

NAME, OWNED = "test_resnet.r160_in1k", "timm/test_resnet.r160_in1k"


@pytest.fixture(scope="module")
def weights() -> bytes:
    """The smallest of timm's networks, 1.9 MB, with weights of our own."""
    torch.manual_seed(0)
    return save(timm.create_model(NAME).state_dict())


@pytest.fixture
def stocked(hub, weights):
    """The hub, which has the network."""
    hub.holds(OWNED, {"model.safetensors": weights, "config.json": b"{}"})
    return hub


@pytest.fixture
def shapes(tmp_path):
    return tree(tmp_path / "shapes")


def fetched() -> torch.nn.Module:
    """The network with its weights, as the zoo asks for it."""
    return from_timm.network(NAME, {}, None, pretrained=True).module


def line(kind: type[HeadstartError], name: str = NAME) -> str:
    """The one line of the error that asking for the network ends in."""
    with pytest.raises(kind) as caught:
        from_timm.network(name, {}, None, pretrained=True)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"timm:{name}: ")
    return str(caught.value)


def blobs(cache: Path) -> list[Path]:
    """What lies in the cache, whole or not."""
    return [path for path in cache.rglob("blobs/*") if path.is_file() and not path.name.startswith(".")]


def test_weights_come_whole_and_their_progress_is_told(stocked, cache, weights, counted):
    assert save(fetched().state_dict()) == weights
    (blob,) = blobs(cache)
    assert blob.name == hashlib.sha256(weights).hexdigest()
    kilobytes = len(weights) // 1000
    assert counted[f"downloading {OWNED} (kB)"] == [kilobytes, kilobytes]
    fetched()
    assert len(stocked.requests("GET", "/cdn/")) == 1  # the second time it lies there
    assert backbone.here(f"timm:{NAME}")


def test_a_broken_connection_is_taken_up_where_it_broke(stocked, weights, counted):
    stocked.fails("/cdn/", cut=700_000)
    assert save(fetched().state_dict()) == weights
    first, second = stocked.requests("GET", "/cdn/")
    assert "Range" not in first.headers
    begin = int(second.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < begin <= 700_000
    assert counted[f"downloading {OWNED} (kB)"][1] == len(weights) // 1000


def test_a_connection_that_breaks_again_and_again_leaves_nothing(stocked, cache):
    stocked.fails("/cdn/", cut=0, times=99)
    assert f"could not be downloaded ({stocked.endpoint}" in line(OfflineError)
    assert not blobs(cache)


def test_other_bytes_than_the_hub_promised_are_neither_used_nor_kept(stocked, cache):
    stocked.fails("/cdn/", altered=True)
    said = line(WeightsError)
    assert f"model.safetensors is not the file that {OWNED} holds (its checksum is another)" in said
    assert not blobs(cache)
    assert not backbone.here(f"timm:{NAME}")
    fetched()
    assert len(blobs(cache)) == 1


def test_fewer_bytes_than_the_hub_promised_are_neither_used_nor_kept(stocked, cache):
    stocked.fails("/cdn/", size=1_000_000)
    assert "is not the file that" in line(WeightsError)
    assert not blobs(cache)


@pytest.mark.parametrize(
    "tag", ["../../../mine", "/{outside}", "a" * 63, "A" * 64, "a" * 41, "a" * 64 + "\t"], ids=repr
)
def test_the_server_does_not_choose_the_file_that_is_written(stocked, tmp_path, tag):
    """Nor does it switch the check off, by a name that is no hash."""
    tag = tag.replace("{outside}", str(tmp_path / "outside").lstrip("/"))
    stocked.fails("/resolve/", method="HEAD", tag=tag, times=99)
    assert f"what answers at {stocked.endpoint} is not the hub" in line(OfflineError)
    assert not stocked.requests("GET", "/cdn/")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_commit_of_which_no_hub_tells_is_not_believed(stocked, monkeypatch, cache):
    monkeypatch.setattr(Repository, "commit", "../../../mine")
    assert f"what answers at {stocked.endpoint} is not the hub" in line(OfflineError)
    assert not blobs(cache)


@pytest.mark.parametrize("trouble", [{"altered": True}, {"tag": "0" * 40, "times": 99, "method": "HEAD"}])
def test_a_small_file_is_held_against_gits_hash(hub, cache, trouble):
    """As Git calls it: `printf it | git hash-object --stdin`."""
    hub.holds("owner/name", {"config.json": b"it"})
    hub.fails("/resolve/", **trouble)
    with pytest.raises(NotWhole, match=r"config.json"):
        asking.fetch("owner/name", "config.json")
    assert not blobs(cache)
    hub.faults.clear()
    assert asking.fetch("owner/name", "config.json").read_bytes() == b"it"
    (blob,) = blobs(cache)
    assert blob.name == "c91971434c73e95e26ebd63c2d3a8f6b7dce4d4b"
    blob.write_bytes(b"at")
    with pytest.raises(NotWhole, match=r"config.json"):
        asking.fetch("owner/name", "config.json")


def test_a_file_that_was_damaged_in_the_cache_is_removed_and_comes_anew(stocked, cache):
    fetched()
    (blob,) = blobs(cache)
    blob.write_bytes(blob.read_bytes()[:-1])
    assert "it was removed, try again" in line(WeightsError)
    fetched()
    assert len(stocked.requests("GET", "/cdn/")) == 2


def test_what_the_disk_has_no_room_for_is_not_begun(stocked, cache):
    stocked.fails("/resolve/", method="HEAD", size=10**16)
    assert f"10,000,000,000 MB are to be downloaded, and {cache} has" in line(OutputError)
    assert not stocked.requests("GET", "/")


def test_a_disk_that_gets_full_amid_a_file_keeps_nothing_of_it(stocked, cache):
    with full_disk():
        said = line(OutputError)
    assert f"no room left in {cache}; make room, or let HF_HOME name another place" in said
    assert not blobs(cache)


def test_a_cache_that_cannot_be_written_is_named(stocked, settings, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    settings(HF_HOME=str(tmp_path / "file"))
    assert "let HF_HOME name another place" in line(OutputError)


@pytest.mark.parametrize("token", [None, "hf_reader"])
def test_gated_weights_say_where_to_agree(stocked, settings, token):
    stocked.repositories[OWNED].gated = True
    settings(HF_TOKEN=token)
    assert f"do so at {stocked.endpoint}/{OWNED}, and log in (`hf auth login`, or HF_TOKEN)" in line(
        BackboneError
    )


@pytest.mark.parametrize("token", [None, "hf_reader"])
def test_a_repository_that_is_not_there_names_the_nearest_network(hub, settings, token):
    settings(HF_TOKEN=token)
    said = line(BackboneError, "hf-hub:timm/test_resnet.r160_in1")
    assert "the hub has no repository timm/test_resnet.r160_in1, or shows it to its owners alone" in said
    assert f"did you mean timm:{NAME}" in said


def test_a_revision_and_a_file_that_are_not_there_are_named(stocked):
    assert "has no revision 'v9'" in line(BackboneError, f"hf-hub:{OWNED}@v9")
    del stocked.repositories[OWNED].files["model.safetensors"]
    assert f"{OWNED} holds no pytorch_model.bin, so it is no network of timm's" in line(BackboneError)


def test_a_network_that_someone_put_there_is_known_by_its_card(hub):
    torch.manual_seed(0)
    module = timm.create_model("test_resnet", num_classes=7)
    prepared = {"input_size": [3, 96, 96], "crop_pct": 0.875, "interpolation": "bicubic"}
    told = {"classifier": "fc", "mean": [0.5] * 3, "std": [0.5] * 3, "num_classes": 7, **prepared}
    card = {"architecture": "test_resnet", "num_classes": 7, "pretrained_cfg": told}
    files = {"config.json": json.dumps(card).encode(), "model.safetensors": save(module.state_dict())}
    hub.holds("owner/name", files)
    found = backbone.load("timm:hf-hub:owner/name")
    assert found.source.num_classes == 7
    assert found.source.dataset == "the pictures of owner/name"
    assert found.preprocess.size == 96
    assert torch.equal(backbone.build(found).get_parameter("fc.weight"), module.get_parameter("fc.weight"))


ANSWERS = {
    403: "the hub does not let you read timm/test_resnet.r160_in1k",
    429: "the hub answers that it was asked too often (429); try again later",
    503: "the hub answers 503 Service Unavailable; try again later, or give a local file with --weights FILE",
}


@pytest.mark.parametrize("status", ANSWERS)
def test_what_else_the_hub_answers_is_one_line_at_once(stocked, status):
    stocked.fails("/resolve/", method="HEAD", status=status, times=99)
    assert ANSWERS[status] in line(OfflineError)
    assert len(stocked.requests("HEAD", "/resolve/")) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 503])
def test_what_the_store_behind_the_hub_answers_is_not_the_hubs_word(stocked, status):
    """Such as 403 where the address that the hub gave has expired."""
    stocked.fails("/cdn/", status=status)
    assert f"localhost answers {status} " in (said := line(OfflineError))
    assert "; try again later, or give a local file" in said
    assert "the hub" not in said
    assert len(stocked.requests("GET", "/cdn/")) == 1
    fetched()


def test_what_the_store_refuses_is_taken_as_it_was_downloaded_before(stocked, weights):
    fetched()
    stocked.repositories[OWNED].commits += 1
    torch.manual_seed(1)
    stocked.repositories[OWNED].files["model.safetensors"] = save(timm.create_model(NAME).state_dict())
    stocked.fails("/cdn/", status=403)
    assert save(fetched().state_dict()) == weights


def test_the_usual_port_is_the_same_hub(settings):
    settings(HF_ENDPOINT="https://hub.example:443")
    assert asking.is_own("https://hub.example/a/b")
    assert not asking.is_own("https://hub.example:8443/a/b")
    assert not asking.is_own("https://cdn.hub.example/a/b")


def test_a_token_that_the_hub_does_not_know_is_told(stocked, settings):
    settings(HF_TOKEN="hf_old")
    assert "the hub does not know your token; renew it, or leave it out" in line(OfflineError)


def test_what_is_not_the_hub_is_not_believed(stocked):
    stocked.fails("/resolve/", method="HEAD", strange=True)
    assert f"what answers at {stocked.endpoint} is not the hub; log in to the network" in line(OfflineError)


def test_offline_the_cache_serves_and_nobody_is_asked(stocked, settings, weights):
    settings(HF_HUB_OFFLINE="1")
    said = line(OfflineError)
    assert "its files are not on this machine, and HF_HUB_OFFLINE forbids downloads; unset it once" in said
    settings(HF_HUB_OFFLINE=None)
    fetched()
    before = len(stocked.asked)
    settings(HF_HUB_OFFLINE="1")
    assert save(fetched().state_dict()) == weights
    assert len(stocked.asked) == before


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "http://hub.invalid"])
def test_without_a_way_to_the_hub_it_is_asked_once_and_the_cache_serves(stocked, settings, endpoint, weights):
    settings(HF_ENDPOINT=endpoint)
    assert f"could not be downloaded ({endpoint}: " in line(OfflineError)
    settings(HF_ENDPOINT=stocked.endpoint)
    fetched()
    settings(HF_ENDPOINT=endpoint)
    assert save(fetched().state_dict()) == weights


def test_where_the_hub_says_no_the_cache_does_not_stand_in(stocked):
    fetched()
    stocked.repositories[OWNED].gated = True
    assert "do so at" in line(BackboneError)


def test_a_proxy_is_asked_in_place_of_the_hub(stocked, settings, weights):
    settings(HF_ENDPOINT="http://hub.invalid", HTTP_PROXY=stocked.endpoint)
    assert save(fetched().state_dict()) == weights
    assert stocked.asked
    assert all(one.proxied for one in stocked.asked)


def test_a_proxy_out_of_reach_is_named_without_its_password(stocked, settings):
    settings(HTTP_PROXY="http://me:secret@127.0.0.1:1")
    said = line(OfflineError)
    assert f"({stocked.endpoint} by the proxy 127.0.0.1:1: " in said
    assert "secret" not in said
    settings(NO_PROXY="127.0.0.1,localhost")
    fetched()


def test_the_usual_weights_serve_where_the_safe_form_is_lacking(stocked, weights, tmp_path):
    place = tmp_path / "weights.bin"
    state = timm.create_model(NAME).state_dict()
    torch.save(state, place)
    stocked.holds(OWNED, {"pytorch_model.bin": place.read_bytes()})
    assert torch.equal(fetched().get_parameter("fc.weight"), state["fc.weight"])


ENDS = {signal.SIGINT: (130, 1), signal.SIGKILL: (-signal.SIGKILL, 0)}


@pytest.mark.parametrize("ending", ENDS)
def test_a_download_that_was_stopped_is_taken_up_by_the_next(
    stocked, cache, shapes, weights, counted, ending
):
    stocked.fails("/cdn/", slow=0.3)
    command = [sys.executable, "-m", "headstart", "plan", str(shapes), "--backbone", f"timm:{NAME}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        told = next(line for line in child.stderr if line.startswith("downloading"))
        (part,) = until(lambda: [path for path in blobs(cache) if path.stat().st_size])
        child.send_signal(ending)
        rest = child.stderr.read()
    assert re.match(rf"downloading {OWNED} \(kB\): [\d,]+ of [\d,]+ \(\d+ %\)", told)
    assert child.returncode == ENDS[ending][0]
    assert rest.count("\n") == ENDS[ending][1]
    held = part.stat().st_size
    assert part.read_bytes() == weights[:held]
    assert not backbone.here(f"timm:{NAME}")
    assert save(fetched().state_dict()) == weights
    assert int(stocked.requests("GET", "/cdn/")[-1].headers["Range"][6:-1]) == held - 1
    assert counted[f"downloading {OWNED} (kB)"] == [len(weights) // 1000] * 2
    assert len(blobs(cache)) == 1

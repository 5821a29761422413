"""Weights that lie on no hub, by a stand-in on loopback: torchvision's, and some of timm's."""

from __future__ import annotations

import hashlib
import io
import time
from pathlib import Path

import pytest
import timm
import torch
from torchvision import models

from headstart import backbone
from headstart.backbone import checkpoints, download, from_timm, from_torchvision
from headstart.errors import HeadstartError, OfflineError, OutputError, WeightsError
from tests.hub.conftest import begun, full_disk, kept

NAME, TIMM = "squeezenet1_1", "legacy_seresnet18.in1k"


def named(stem: str, content: bytes) -> str:
    """As torchvision names its files."""
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}.pth"


def saved(module: torch.nn.Module) -> bytes:
    held = io.BytesIO()
    torch.save(module.state_dict(), held)
    return held.getvalue()


@pytest.fixture(scope="module")
def weights() -> bytes:
    torch.manual_seed(0)
    return saved(models.get_model(NAME, weights=None))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where torch keeps what it downloads."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def there(hub, folder, weights, monkeypatch):
    """The stand-in, which has torchvision's weights under the name that they have there; their address is its own."""
    file = named(NAME, weights)
    hub.plain[file] = weights
    default = models.get_model_weights(NAME).DEFAULT
    monkeypatch.setattr(default.value, "url", f"{hub.endpoint}/files/{file}")
    monkeypatch.setattr(download, "_PAUSE", 0.01)
    return hub


def fetched() -> torch.nn.Module:
    return from_torchvision.network(NAME, {}, None, pretrained=True).module


def line(kind: type[HeadstartError]) -> str:
    """The one line of the error that asking for the network ends in."""
    with pytest.raises(kind) as caught:
        fetched()
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"torchvision:{NAME}: ")
    return str(caught.value)


def test_torchvisions_weights_come_to_where_torch_looks_and_come_once(there, folder, weights, counted, capfd):
    assert not backbone.here(f"torchvision:{NAME}")
    state = fetched().state_dict()
    assert torch.equal(
        state["classifier.1.weight"],
        torch.load(io.BytesIO(weights), weights_only=True)["classifier.1.weight"],
    )
    (file,) = kept(folder)
    assert file.read_bytes() == weights
    assert counted[f"downloading {file.name} (kB)"] == [len(weights) // 1000] * 2
    fetched()
    assert begun(there) == [None]
    assert backbone.here(f"torchvision:{NAME}")
    assert capfd.readouterr() == ("", "")  # torch has said nothing of its own


def test_what_torch_has_downloaded_before_counts(there, folder, weights):
    folder.mkdir(parents=True)
    (folder / named(NAME, weights)).write_bytes(weights)
    fetched()
    assert not there.asked


def test_timms_weights_that_lie_on_no_hub_come_the_same_way(hub, folder, monkeypatch):
    torch.manual_seed(0)
    content = saved(timm.create_model(TIMM))
    file = named("seresnet18", content)
    hub.plain[file] = content
    config = timm.get_pretrained_cfg(TIMM)
    assert not config.hf_hub_id
    known = timm.models._registry._model_pretrained_cfgs
    monkeypatch.setattr(known[TIMM], "url", f"{hub.endpoint}/files/{file}")
    architecture, _, tag = TIMM.partition(".")
    default = timm.models._registry._model_default_cfgs[architecture]
    monkeypatch.setattr(default.cfgs[tag], "url", f"{hub.endpoint}/files/{file}")
    hub.fails("/files/", cut=600_000)
    module = from_timm.network(TIMM, {}, None, pretrained=True).module
    expected = torch.load(io.BytesIO(content), weights_only=True)["last_linear.weight"]
    assert torch.equal(module.get_parameter("last_linear.weight"), expected)
    assert kept(folder) == [folder / file]
    assert len(begun(hub)) == 2


def test_a_break_is_taken_up_and_so_is_a_run_that_gave_up(there, folder, weights, counted):
    there.fails("/files/", cut=700_000)
    there.fails("/files/", cut=0, times=99)
    assert f"could not be downloaded ({there.endpoint}: " in line(OfflineError)
    (part,) = kept(folder)
    held = part.stat().st_size
    assert 0 < held <= 700_000
    assert len(begun(there)) == 1 + 1 + download._TRIES - 1
    there.faults.clear()
    fetched()
    asked = there.requests("GET", "/files/")[-1].headers
    assert asked["Range"] == f"bytes={held - 1}-"
    assert asked["If-Range"] == f'"{hashlib.md5(weights).hexdigest()}"'
    (file,) = kept(folder)
    assert file.read_bytes() == weights
    assert counted[f"downloading {file.name} (kB)"] == [len(weights) // 1000] * 2


def test_other_bytes_than_the_name_says_are_neither_used_nor_kept(there, folder, weights):
    there.fails("/files/", altered=True)
    assert f"{named(NAME, weights)} is not the file that its name says (its checksum is another)" in line(
        WeightsError
    )
    assert not kept(folder)
    fetched()


def test_a_damaged_file_of_torchs_is_named_and_left(there, folder, weights):
    folder.mkdir(parents=True)
    file = folder / named(NAME, weights)
    file.write_bytes(weights[:-1])
    assert f"{file} is not the file that its name says (its SHA-256 is another); remove it" in line(
        WeightsError
    )
    assert file.exists()
    assert not there.asked


def test_what_is_not_there_is_one_line_at_once(there, weights):
    there.plain.clear()
    said = line(WeightsError)
    url = f"{there.endpoint}/files/{named(NAME, weights)}"
    assert f"127.0.0.1 answers 404 Not Found for {url}; its weights are no longer there" in said
    assert said.endswith("give a local file with --weights FILE")
    assert begun(there) == [None]


def test_a_server_that_cannot_just_now_is_one_line_at_once(there):
    there.fails("/files/", status=503, times=99)
    assert "127.0.0.1 answers 503 Service Unavailable for " in (said := line(OfflineError))
    assert "try again later, or give a local file" in said
    assert begun(there) == [None]


def test_what_the_disk_has_no_room_for_is_not_begun(there, folder, monkeypatch):
    import shutil

    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    said = line(OutputError)
    assert f"5 MB are to be downloaded, and {folder} has 1 MB left; make room, or let TORCH_HOME name" in said
    assert not kept(folder)


def test_a_disk_that_gets_full_amid_a_file_keeps_nothing_of_it(there, folder):
    with full_disk():
        said = line(OutputError)
    assert f"no room left in {folder}; make room, or let TORCH_HOME name another place" in said
    assert not kept(folder)


def test_a_folder_that_cannot_be_written_is_named(there, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "file"))
    assert "let TORCH_HOME name another place" in line(OutputError)


def test_offline_nobody_is_asked(there, settings, folder):
    settings(HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE forbids downloads; unset it once" in line(OfflineError)
    assert not there.asked
    settings(HF_HUB_OFFLINE=None)
    fetched()
    settings(HF_HUB_OFFLINE="1")
    fetched()
    assert len(there.asked) == 1


def test_without_a_way_there_it_is_asked_once(there, monkeypatch):
    default = models.get_model_weights(NAME).DEFAULT
    monkeypatch.setattr(default.value, "url", "http://127.0.0.1:1/a-0123abcd.pth")
    begun = time.monotonic()
    assert "could not be downloaded (http://127.0.0.1:1: " in line(OfflineError)
    assert time.monotonic() - begun < 3


def test_a_proxy_is_asked_in_place_of_the_server(there, settings, monkeypatch, weights):
    settings(HTTP_PROXY=there.endpoint)
    default = models.get_model_weights(NAME).DEFAULT
    monkeypatch.setattr(default.value, "url", f"http://weights.invalid/files/{named(NAME, weights)}")
    fetched()
    assert [one.proxied for one in there.asked] == [True]
    settings(HTTP_PROXY="http://me:secret@127.0.0.1:1", NO_PROXY=None)
    monkeypatch.setattr(default.value, "url", "http://weights.invalid/a-0123abcd.pth")
    assert "(http://weights.invalid by the proxy 127.0.0.1:1: " in (said := line(OfflineError))
    assert "secret" not in said


def test_the_users_token_is_not_sent_there(there, settings):
    settings(HF_TOKEN="hf_reader")
    fetched()
    assert not [one for one in there.asked if "Authorization" in one.headers]


def test_a_name_with_too_few_digits_tells_no_hash():
    assert checkpoints._DIGITS.search("IN1K-vit.h.14-300e.pth.tar") is None
    found = checkpoints._DIGITS.search("mnasnet0.5_top1_67.823-3ffadce67e.pth")
    assert found is not None
    assert found[1] == "3ffadce67e"

"""export --push, by a stand-in of the hub on loopback: all of it in one commit, or one line that says what to do."""

from __future__ import annotations

import json
import re

import pytest
import timm
import torch
import yaml
from safetensors.torch import save_file

from headstart import backbone, data, extras, model
from headstart.errors import HeadstartError, MissingError, OptionError, OutputError
from headstart.job.export import export
from headstart.model import parity, push
from headstart.planning import cases
from headstart.training.fit import fit
from tests.cli.conftest import tree

NAME, MINE = "test_resnet", "ada/shapes"
HOSTILE = ("<img src=x onerror=alert(1)>", "# [a](javascript:alert(1)) `b|c", "---")
METRICS = {
    "splits": {"val": {"accuracy": 0.83, "interval": (0.76, 0.88), "n": 153, "balanced_accuracy": 0.81}}
}

# huggingface_hub 2.4 sends a file in a way that its HTTP library is about to give up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle of timm's smallest network, whose classes have names that would be markup."""
    folder = tmp_path_factory.mktemp("push")
    place = tree(folder / "data", names=("circle", "cross", "square"), each=6)
    for old, new in zip(("circle", "cross", "square"), HOSTILE, strict=True):
        (place / old).rename(place / new)
    torch.manual_seed(0)
    save_file(timm.create_model(NAME).state_dict(), folder / "weights.safetensors")
    network = backbone.load(f"timm:{NAME}", weights=str(folder / "weights.safetensors"), image_size=64)
    dataset = data.load(place).dataset
    plan = cases.make(1, network, n=12)
    made = model.Model.of(fit(plan, network, dataset, data.partition(dataset, seed=0)))
    model.save(made, folder / "bundle", metrics=METRICS)
    return model.load(folder / "bundle")


@pytest.fixture(scope="module")
def few():
    """As many pictures as a check needs that is not about pictures."""
    return parity.generated(4)


@pytest.fixture
def writer(hub, settings, tmp_path, monkeypatch):
    """The hub, where who asks may write, from an empty folder."""
    monkeypatch.chdir(tmp_path)
    settings(HF_TOKEN="hf_writer")
    return hub


def line(bundle, kind: type[HeadstartError] = OutputError, place: str = MINE, **asked) -> str:
    """The one line of the error that the push ends in."""
    with pytest.raises(kind) as caught:
        export(bundle, "zip", "it.zip", push=place, force=True, **asked)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"push to {place}: ")
    return str(caught.value)


def test_a_push_is_one_commit_of_all_that_was_written(writer, bundle, few, tmp_path):
    found = export(bundle, "timm", tmp_path / "it", push=MINE, pictures=few)
    there = writer.repositories[MINE]
    assert there.commits == 1
    assert not there.private
    written = {path.name: path.read_bytes() for path in (tmp_path / "it").iterdir()}
    assert {name: there.files[name] for name in written} == written
    assert {"config.json", "model.safetensors", "README.md", "check.json"} <= set(written)
    assert found.pushed is not None
    assert found.to_dict()["pushed"] == {
        "repository": MINE,
        "url": f"{writer.endpoint}/{MINE}",
        "commit": there.commit,
        "private": False,
    }


def test_what_was_pushed_is_the_same_network_for_whoever_loads_it(writer, bundle, few, settings, tmp_path):
    export(bundle, "timm", tmp_path / "it", push=MINE, pictures=few)
    settings(HF_TOKEN=None)  # anyone
    there = timm.create_model(f"hf-hub:{MINE}", pretrained=True).eval()
    here = timm.create_model(f"local-dir:{tmp_path / 'it'}", pretrained=True).eval()
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(there(pictures), here(pictures))
    assert backbone.load(f"timm:hf-hub:{MINE}").source.num_classes == len(HOSTILE)


def test_transformers_loads_what_was_pushed(writer, bundle, few, settings, tmp_path):
    if not extras.installed("transformers"):
        pytest.skip("transformers is not installed (the extra `export`)")
    from transformers import AutoModelForImageClassification

    export(bundle, "hf", tmp_path / "it", push=MINE, pictures=few)
    network = AutoModelForImageClassification.from_pretrained(MINE)
    assert [network.config.id2label[place] for place in range(3)] == list(bundle.classes)


def test_the_card_has_what_the_hub_reads_and_names_stay_text(writer, bundle, few, tmp_path):
    export(bundle, "hf", tmp_path / "it", push=MINE, pictures=few)
    card = writer.repositories[MINE].files["README.md"].decode()
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front) == {
        "library_name": "transformers",
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "headstart", "transformers"],
    }
    assert "| val split | 0.8300 | 0.7600 to 0.8800 | 153 |" in body
    assert f'model="{MINE}"' in body
    assert "\\<img src=x onerror=alert(1)\\>" in body
    assert "\\# \\[a\\](javascript:alert(1)) \\`b\\|c" in body
    assert "\n---" not in body


def test_a_file_goes_with_its_card_and_its_check(writer, bundle, few, tmp_path):
    export(bundle, "zip", tmp_path / "shapes.zip", push="school/shapes", private=True, pictures=few)
    there = writer.repositories["school/shapes"]
    assert there.private
    assert set(there.files) - {".gitattributes"} == {"shapes.zip", "README.md", "check.json"}
    assert "hf download school/shapes --local-dir ." in there.files["README.md"].decode()


def test_a_new_version_is_laid_over_the_old_only_where_that_is_said(writer, bundle, few, tmp_path):
    old = writer.holds(MINE, {"README.md": b"# Mine"})
    with pytest.raises(OutputError, match=r"it holds files already; .* \(--force\)"):
        export(bundle, "zip", tmp_path / "it.zip", push=MINE, pictures=few)
    assert not (tmp_path / "it.zip").exists()
    export(bundle, "zip", tmp_path / "it.zip", push=MINE, force=True, pictures=few)
    assert old.commits == 2
    assert set(old.files) == {"it.zip", "README.md", "check.json"}


def test_what_is_public_does_not_become_private_unsaid(writer, bundle):
    writer.holds(MINE, {})
    assert "it is public already; make it private at" in line(bundle, OptionError, private=True)
    with pytest.raises(OptionError, match=r"private: .* \(--push\)"):
        export(bundle, "zip", "it.zip", private=True)


@pytest.mark.parametrize("name", ["shapes", "a/b/c", "ada/", "ada/sha pes", "ada/sha--pes", "-a/b", "../x"])
def test_a_name_that_no_repository_can_have_is_refused_before_all(writer, bundle, name):
    with pytest.raises(OptionError, match="expected OWNER/NAME"):
        export(bundle, "zip", "it.zip", push=name)
    assert not writer.asked


REFUSED = {
    None: "you are not logged in; `hf auth login`, or let HF_TOKEN hold a token that may write",
    "hf_old": "the hub does not know your token; `hf auth login` with a token that may write",
    "hf_reader": "your token may only read; make a token that may write",
}


@pytest.mark.parametrize("token", REFUSED)
def test_without_the_right_to_write_nothing_is_made(hub, settings, bundle, token, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings(HF_TOKEN=token)
    assert REFUSED[token] in line(bundle)
    assert not (tmp_path / "it.zip").exists()
    assert not hub.repositories


def test_another_owner_is_told_who_may_write_where(writer, bundle):
    said = line(bundle, OptionError, "eve/shapes")
    assert "you are ada, and can write to ada, school; name one of them" in said


BREAKS = {
    "create": ("/api/repos/create", "POST", 403, "nothing was pushed, your token may not write there"),
    "upload": ("/lfs/", "PUT", 403, "nothing was pushed, your token may not write there"),
    "commit": ("/commit/", "POST", 500, "nothing was pushed, the hub answers 500 Internal Server Error"),
    "lost": (
        "/revision/",
        "GET",
        502,
        "it is not known whether all was pushed, the hub answers 502 Bad Gateway",
    ),
}


@pytest.fixture
def files(tmp_path):
    """What a push brings: one large file and a small one."""
    for name, size in (("it.zip", 20_000), ("README.md", 20)):
        (tmp_path / name).write_bytes(b"#" * size)
    return {name: tmp_path / name for name in ("it.zip", "README.md")}


@pytest.mark.parametrize("step", BREAKS)
def test_a_push_that_breaks_is_not_called_done(writer, files, step):
    path, method, status, reason = BREAKS[step]
    writer.fails(path, method=method, status=status)
    with pytest.raises(OutputError) as caught:
        push.push(files, MINE)
    assert str(caught.value).startswith(f"push to {MINE}: {reason}")
    assert "\n" not in str(caught.value)
    there = writer.repositories.get(MINE)
    assert there is None or step == "lost" or not there.commits


def test_an_upload_that_fails_once_is_tried_again(writer, files):
    writer.fails("/lfs/", method="PUT", status=503)
    assert push.push(files, MINE).commit == writer.repositories[MINE].commit
    assert len(writer.requests("PUT", "/lfs/")) == 2


def test_files_that_the_hub_passes_over_are_missed(writer, files):
    writer.ignored = "it.zip"
    with pytest.raises(OutputError, match=r"did not take it.zip \(a .gitignore there\?\); .* is not whole"):
        push.push(files, MINE)


def test_a_hub_that_is_down_is_told_before_the_work(writer, bundle, tmp_path):
    writer.fails("/api/whoami-v2", status=503)
    assert "the hub answers 503 Service Unavailable; try again later" in line(bundle)
    assert not (tmp_path / "it.zip").exists()


def test_no_way_to_the_hub_is_told_before_the_work(writer, bundle, settings, tmp_path):
    settings(HF_ENDPOINT="http://127.0.0.1:1")
    assert "the hub could not be reached (http://127.0.0.1:1: " in line(bundle)
    settings(HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE forbids to ask the hub; unset it" in line(bundle)
    assert not (tmp_path / "it.zip").exists()


def test_a_missing_package_is_named_with_the_command(bundle, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert "needs huggingface_hub; " in line(bundle, MissingError)


def test_the_command_line_pushes_and_tells_where(writer, bundle, capsys):
    from headstart.cli.main import main

    pictures = str(bundle.folder.parent / "data")
    command = [
        "export",
        str(bundle.folder),
        "--to",
        "zip",
        "--push",
        MINE,
        "--private",
        "--pictures",
        pictures,
    ]
    assert main([*command, "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["pushed"]["url"] == f"{writer.endpoint}/{MINE}"
    assert re.search(rf"^pushing 3 files, [\d.]+ MB, to {MINE}$", told.err, re.MULTILINE)
    assert main([*command, "--force", "--quiet"]) == 0
    assert f"{writer.endpoint}/{MINE}" in capsys.readouterr().out

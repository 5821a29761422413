"""Pre-training: any labelled folder becomes a source network with its own card and reference statistics."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import headstart
from headstart.backbone import PRE_LOGITS, build
from headstart.backbone import folder as folders
from headstart.backbone.small import Small
from headstart.errors import BackboneError, DataError, OutputError, PlanError, WeightsError
from headstart.evidence import nearness
from headstart.extraction import extract
from headstart.planning.recipe import Recipe
from headstart.runtime import Execution
from headstart.source.pretrain import pretrain
from headstart.training.loop import Settings

RECIPE = Recipe(epochs=2, batch_size=16, lr=2e-3, optimizer="muon", ema=0.9, augment="crop")


class _Killed(Exception):
    pass


@pytest.fixture(scope="module")
def small(shapes, tmp_path_factory):
    """(result, backbone) of a short pre-training of `small` on shapes at 32 px."""
    folder = tmp_path_factory.mktemp("small")
    done = pretrain(
        *shapes, folder, name="shapes", image_size=32, recipe=RECIPE, command="headstart pretrain shapes"
    )
    return done, headstart.load_backbone(str(folder))


def test_the_card_says_what_it_was_made_of(small, shapes):
    done, _ = small
    dataset, parts = shapes
    card = folders.read_card(done.folder)
    facts = card.training
    assert (card.network, card.source.dataset, card.source.classes) == ("small", "shapes", dataset.classes)
    assert facts["pictures"] == len(parts.train)
    assert facts["n"] == len(parts.report) == done.n
    assert facts["command"] == "headstart pretrain shapes"
    assert facts["data_fingerprint"] == dataset.fingerprint
    assert facts["recipe"]["optimizer"] == "muon"
    assert [record["epoch"] for record in facts["log"]] == [1, 2]
    assert facts["interval"][0] <= facts["accuracy"] <= facts["interval"][1]
    text = (done.folder / "README.md").read_text(encoding="utf-8")
    assert card.sha256 in text
    assert "filters.png" in text


def test_the_source_is_at_no_distance_from_itself(small, shapes):
    """Feature statistics travel with the weights: they are those of the held-out source pictures, at every cut."""
    _, backbone = small
    dataset, parts = shapes
    features = extract(dataset, parts.report, backbone, execution=Execution(keep="none"))
    assert set(backbone.source.statistics) == set(backbone.stage_names) >= {"stem", "stage4", PRE_LOGITS}
    for stage in backbone.stages:
        known, x = backbone.source.statistics[stage.name], features.x[stage.name][:, : stage.channels]
        assert np.allclose(known["mean"], x.mean(0), rtol=1e-3, atol=1e-4)
        assert np.allclose(known["var"], x.var(0), rtol=1e-2, atol=1e-4)
    distance = nearness.distance(features, dataset.groups[parts.report], backbone.stages, backbone.source)
    assert distance is not None
    assert distance.value < 1e-2, distance.stage
    assert backbone.source.entropy is not None
    assert 0 < backbone.source.entropy <= 1


def test_the_stored_network_is_as_accurate_as_the_card_says(small, shapes):
    done, backbone = small
    dataset, parts = shapes
    logits = extract(dataset, parts.report, backbone, execution=Execution(keep="none")).logits
    right = int((logits.argmax(1) == dataset.labels[parts.report]).sum())
    assert right == round(done.accuracy * done.n)


def test_a_killed_run_goes_on_to_the_same_bits(shapes, tmp_path):
    recipe = replace(RECIPE, epochs=3, start_size=24, precision="bf16", cutmix=0.5)
    options = {"name": "shapes", "image_size": 32, "recipe": recipe}

    def kill(epoch):
        if epoch.epoch == 2:
            raise _Killed

    pretrain(*shapes, tmp_path / "straight", **options)
    checkpoints = tmp_path / "checkpoints"
    with pytest.raises(_Killed):
        pretrain(
            *shapes, tmp_path / "again", **options, settings=Settings(checkpoints=checkpoints, on_epoch=kill)
        )
    done = pretrain(
        *shapes, tmp_path / "again", **options, settings=Settings(checkpoints=checkpoints, resume=True)
    )
    assert [epoch.size for epoch in done.history] == [24, 24, 32]
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("straight", "again"))
    assert first == second


def test_a_run_goes_on_only_with_its_own_picture_size(shapes, tmp_path):
    """`small` takes any size, so that nothing but the checkpoint itself can tell."""
    settings = Settings(checkpoints=tmp_path / "checkpoints")
    options = {"name": "shapes", "recipe": replace(RECIPE, epochs=1)}
    pretrain(*shapes, tmp_path / "net", **options, image_size=32, settings=settings)
    again = replace(settings, resume=True)
    with pytest.raises(OutputError, match="the checkpoint is of another network, or of other pictures"):
        pretrain(*shapes, tmp_path / "net", **options, image_size=40, settings=again)


def test_a_run_goes_on_only_with_its_own_network_and_pictures(shapes, tmp_path, monkeypatch):
    """Networks may have equal names and shapes of weights, and pictures equal paths, and not be the same."""
    dataset, parts = shapes
    settings = Settings(checkpoints=tmp_path / "checkpoints")
    options = {"name": "shapes", "recipe": replace(RECIPE, epochs=1), "image_size": 32}
    monkeypatch.setitem(folders.ARCHITECTURES, "twin", _Twin)
    pretrain(dataset, parts, tmp_path / "net", **options, network="small", settings=settings)
    again = replace(settings, resume=True)
    with pytest.raises(OutputError, match="the checkpoint is of another network"):
        pretrain(dataset, parts, tmp_path / "net", **options, network="twin", settings=again)
    changed = replace(dataset, digests=(*dataset.digests[:-1], "0" * 64))
    with pytest.raises(OutputError, match="other pictures"):
        pretrain(changed, parts, tmp_path / "net", **options, settings=again)


class _Twin(Small):
    """Weights of the same names and shapes, and another function."""

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.stem[0].padding = (0, 0)


def test_a_damaged_checkpoint_is_one_clear_line(shapes, tmp_path):
    settings = Settings(checkpoints=tmp_path / "checkpoints")
    options = {"name": "shapes", "recipe": replace(RECIPE, epochs=1), "image_size": 32}
    pretrain(*shapes, tmp_path / "net", **options, settings=settings)
    (state,) = (tmp_path / "checkpoints").iterdir()
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(OutputError, match="damaged; start anew"):
        pretrain(*shapes, tmp_path / "net", **options, settings=replace(settings, resume=True))


def test_what_is_measured_is_what_is_stored():
    torch.manual_seed(0)
    network = Small(3)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    folders.round_(network)
    for name, tensor in network.state_dict().items():
        if tensor.ndim < 2:
            assert torch.equal(tensor, before[name])
        else:
            assert torch.equal(tensor, before[name].half().float())
            assert not torch.equal(tensor, before[name])


def test_too_few_pictures_are_refused_before_any_work(shapes, tmp_path):
    dataset, parts = shapes
    alone = replace(parts, train=parts.train[:1])
    with pytest.raises(DataError, match="1 training pictures; expected 2 or more"):
        pretrain(dataset, alone, tmp_path / "net", name="shapes", image_size=32, recipe=RECIPE)
    unproven = replace(parts, report=parts.report[:0])
    with pytest.raises(DataError, match="0 held-out pictures; expected 1 or more"):
        pretrain(dataset, unproven, tmp_path / "net", name="shapes", image_size=32, recipe=RECIPE)


def test_timm_s_architectures_can_be_pretrained(shapes, tmp_path):
    recipe = replace(RECIPE, epochs=1)
    done = pretrain(
        *shapes, tmp_path / "net", name="shapes", network="timm:resnet10t", image_size=32, recipe=recipe
    )
    backbone = headstart.load_backbone(str(done.folder))
    assert "layer4" in backbone.stage_names
    assert backbone.source.num_classes == 3
    with torch.inference_mode():
        assert build(backbone)(torch.zeros(1, 3, 32, 32)).shape == (1, 3)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"network": "bigger"}, BackboneError, "network 'bigger' is unknown"),
        ({"network": "demo-cnn", "image_size": 48}, BackboneError, "demo-cnn does not take 48 px"),
        ({"network": "demo-cnn", "recipe": replace(RECIPE, start_size=32)}, BackboneError, "--start-size"),
        ({"recipe": replace(RECIPE, start_size=96)}, PlanError, "start_size is 96"),
        ({"recipe": replace(RECIPE, cutmix=2.0)}, PlanError, "pretrain: cutmix is 2.0; expected 0 to 1"),
        ({"recipe": replace(RECIPE, cutmix=0.7, mixup=0.5)}, PlanError, "mixup is 0.5; expected 0 to 0.3"),
        ({"recipe": replace(RECIPE, batch_size=1)}, PlanError, "--batch-size"),
        ({"seed": 2**31}, PlanError, "pretrain: seed is 2147483648; expected 0 to 2147483647"),
        ({"recipe": replace(RECIPE, label_smoothing=1.0)}, PlanError, "label_smoothing"),
        ({"recipe": replace(RECIPE, optimizer="adagrad")}, PlanError, "optimizer"),
    ],
)
def test_what_cannot_run_is_refused_in_one_line_before_any_work(shapes, tmp_path, options, kind, said):
    with pytest.raises(kind, match=said) as caught:
        pretrain(*shapes, tmp_path / "net", name="shapes", **options)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "net" / "model.safetensors").exists()


def test_a_changed_card_or_file_is_one_clear_line(small, tmp_path):
    done, _ = small
    for name in ("backbone.json", "model.safetensors"):
        (tmp_path / name).write_bytes((done.folder / name).read_bytes())
    weights = tmp_path / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(WeightsError, match="damaged"):
        headstart.load_backbone(str(tmp_path))
    card = json.loads((tmp_path / "backbone.json").read_text(encoding="utf-8"))
    card["format"] = folders.FORMAT + 1
    (tmp_path / "backbone.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(BackboneError, match="newer than this version"):
        headstart.load_backbone(str(tmp_path))

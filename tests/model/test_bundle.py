"""The bundle: what is saved is what predicts, here, without torch, and in timm."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from headstart import backbone, data, files, model
from headstart.backbone import NetworkSpec, zoo
from headstart.errors import BundleError
from headstart.planning import cases
from headstart.runtime import Execution
from headstart.training.fit import fit
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    dataset = data.load(tree(tmp_path_factory.mktemp("shapes") / "data")).dataset
    return dataset, data.partition(dataset, seed=0)


def _made(network, shapes, case, folder: Path, **options) -> model.Model:
    options = {"cut": network.stage_names[1] if case == 2 else None, "n": 20, **options}
    plan = cases.make(case, network, recipe={"epochs": 1, "batch_size": 8}, **options)
    made = model.Model.of(fit(plan, network, *shapes))
    model.save(made, folder)
    return made


SORTS = {
    "top": (1, {}),
    "lower cut": (2, {}),
    "two layers": (1, {"head_layers": 2}),
    "several cuts": (2, {"cut": "conv1+conv3"}),
    "trained": (4, {"init": "random"}),
}


@pytest.mark.parametrize("name", ["small", "demo-cnn"])
@pytest.mark.parametrize("sort", SORTS)
def test_saved_and_loaded_predicts_the_same(sort, name, shapes, tmp_path):
    case, options = SORTS[sort]
    if name == "small":
        options = {key: {"conv1+conv3": "stem+stage3"}.get(value, value) for key, value in options.items()}
    made = _made(backbone.load(name), shapes, case, tmp_path / "bundle", **options)
    paths = shapes[0].paths[:7]
    before, loaded = made.probabilities(paths), model.load(tmp_path / "bundle")
    # The last bits of a matrix product hang on where in memory the weights lie.
    np.testing.assert_allclose(loaded.probabilities(paths), before, rtol=1e-5)
    for ours, theirs in zip(*(next(of.maps(paths)) for of in (made, loaded)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    with torch.inference_mode():
        batch = [made.backbone.preprocess.frame(data.decode.decode(data.decode.read_bytes(p))) for p in paths]
        logits = loaded.network()(torch.from_numpy(made.backbone.preprocess.normalise(np.stack(batch))))
    np.testing.assert_allclose(torch.softmax(logits, 1).numpy(), before, atol=1e-5)
    assert not (tmp_path / "bundle" / "config.json").exists()


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv2_100", "vgg11_bn", "convnext_atto", "lite0"])
@pytest.mark.parametrize("case", [1, 3])
def test_timm_loads_it_with_equal_logits(name, case, made, shapes, tmp_path):
    network = backbone.load(name, image_size=64) if name == "lite0" else made(name)
    ours = _made(network, shapes, case, tmp_path / "bundle", fallback="none" if case == 3 else None)
    theirs = timm.create_model(f"local-dir:{tmp_path / 'bundle'}", pretrained=True).eval()
    size, random = network.preprocess.size, torch.Generator().manual_seed(0)
    x = torch.randn(3, 3, size, size, generator=random)
    with torch.inference_mode():
        torch.testing.assert_close(theirs(x), ours.network()(x), rtol=1e-5, atol=2e-4)
    config = timm.data.resolve_model_data_config(theirs)
    assert tuple(config["mean"]) == network.preprocess.mean
    assert config["input_size"][-1] == network.preprocess.size


@pytest.mark.parametrize("name", ["demo-cnn", "timm:resnet10t"])
@pytest.mark.parametrize("case", [1, 3])
def test_weights_without_a_classifier_make_a_bundle_like_any_other(name, case, shapes, tmp_path):
    """Made anew by its architecture, the network has a classifier again, which is not looked for in the file."""
    whole = zoo.load(NetworkSpec(name), pretrained=False)[2].state_dict()
    body = {key: t.clone() for key, t in whole.items() if not key.startswith("fc")}
    body |= {key: t.clone() for key, t in whole.items() if key.startswith(("fc1.", "fc2."))}  # demo-cnn's own
    save_file(body, tmp_path / "body.safetensors")
    given = {"preprocess": {"mean": (0.5,) * 3, "std": (0.5,) * 3}, "image_size": 64}
    network = backbone.load(name, weights=str(tmp_path / "body.safetensors"), **given)
    ours = _made(network, shapes, case, tmp_path / "bundle", fallback="none" if case == 3 else None)
    loaded, paths = model.load(tmp_path / "bundle"), shapes[0].paths[:3]
    before = ours.probabilities(paths)
    for runtime in ("openvino", "torch"):
        after = loaded.probabilities(paths, execution=Execution(runtime=runtime, precision="fp32"))
        np.testing.assert_allclose(after, before, atol=1e-4)
    assert not (tmp_path / "bundle" / "config.json").exists()


_PREDICTS = """
import sys
from headstart import load
probabilities = load(sys.argv[1]).probabilities(sys.argv[2:])
assert probabilities.shape == (2, 2)
heavy = {"torch", "timm", "torchvision", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""


def test_predicting_imports_no_torch(shapes, tmp_path):
    _made(backbone.load("demo-cnn"), shapes, 1, tmp_path / "bundle")
    command = [sys.executable, "-c", _PREDICTS, str(tmp_path / "bundle"), *shapes[0].paths[:2]]
    subprocess.run(command, check=True, timeout=60)


@pytest.fixture(scope="module")
def bundle(shapes, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    _made(backbone.load("demo-cnn"), shapes, 1, folder)
    return folder


def _harm(folder: Path, how: str) -> None:
    if how == "no bundle":
        shutil.rmtree(folder)
    elif how == "missing":
        (folder / "network" / "network.bin").unlink()
    elif how == "damaged":
        data = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(data[:-4] + b"oops")
    elif how == "no json":
        (folder / "headstart.json").write_text("{")
    else:
        info = json.loads((folder / "headstart.json").read_text())
        files.write_json(folder / "headstart.json", {**info, "format": 99})


@pytest.mark.parametrize("how", ["no bundle", "missing", "damaged", "no json", "newer"])
def test_what_is_wrong_with_a_bundle_is_said_in_one_line(how, bundle, tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(bundle, folder)
    _harm(folder, how)
    with pytest.raises(BundleError) as caught:
        model.load(folder)
    assert "\n" not in str(caught.value)
    assert "bundle" in str(caught.value)


def test_held_out_pictures_are_known_again(shapes, tmp_path):
    dataset, parts = shapes
    made = _made(backbone.load("demo-cnn"), shapes, 1, tmp_path / "bundle")
    model.save(made, tmp_path / "bundle", dataset=dataset, partition=parts)
    np.testing.assert_array_equal(model.load(tmp_path / "bundle").held_out(dataset), parts.report)

"""Networks built of OpenVINO operations compute what their torch modules compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from headstart import backbone
from headstart.backbone import Backbone, boxed, untrained, zoo
from headstart.backbone.anatomy import dissect
from headstart.backbone.noise import pictures
from headstart.backbone.taps import Tapped
from headstart.backbone.weights import pour
from headstart.extras import version
from headstart.runtime import Execution, Trunk, built, is_converted, start
from headstart.runtime.openvino import library

LITE0 = "lite0"
TAPS = ("blocks.0", "blocks.1", "blocks.2", "blocks.4", "blocks.6")


def lite0(size: int) -> tuple[Backbone, nn.Module]:
    """timm's architecture with tensors that no layer can be left out of unseen, and its anatomy."""
    import timm

    torch.manual_seed(0)
    module = timm.create_model("tf_efficientnet_lite0").eval()
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.ndim == 1:
                tensor.copy_(torch.rand(tensor.shape) + (0.5 if not name.endswith("bias") else -0.5))
    like = backbone.load("small", image_size=size)
    anatomy = dissect(module, TAPS, "classifier", size)
    return replace(like, name=LITE0, stages=anatomy.stages, owners=anatomy.owners), module


def network(name: str, size: int) -> tuple[Backbone, nn.Module]:
    if name == LITE0:
        return lite0(size)
    found = backbone.load(name, image_size=size)
    return found, zoo.build(found, pretrained=True, seed=0)


def outputs(model: Any, x: np.ndarray) -> list[np.ndarray]:
    compiled = library().Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return list(compiled(x).values())


def arrays(module: nn.Module) -> Mapping[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("small", 64),
        ("small", 33),
        ("small", 16),
        ("demo-cnn", 64),
        ("demo-cnn", 100),
        ("demo-cnn", 14),
        (LITE0, 224),
        (LITE0, 97),
        (LITE0, 32),
    ],
)
def test_every_cut_and_the_logits_are_those_of_torch(name, size):
    found, module = network(name, size)
    x = np.random.default_rng(0).standard_normal((3, 3, size, size)).astype(np.float32)
    ours = outputs(built.assembled(found, arrays(module), logits=found.classifies), x)
    with torch.inference_mode():
        theirs = Tapped(module, found.stages, logits=found.classifies, apart=True)(torch.from_numpy(x))
    assert len(ours) == len(theirs)
    for mine, torchs in zip(ours, theirs, strict=True):
        assert mine.shape == tuple(torchs.shape)
        scale = float(torchs.abs().max())
        assert np.abs(mine - torchs.numpy()).max() < 1e-4 * max(scale, 1e-3)


@pytest.mark.parametrize(("name", "size"), [("small", 64), ("small", 33), ("demo-cnn", 100)])
def test_statistics_are_estimated_as_in_torch(name, size):
    """The same random weights with statistics by both; the layers above the last cut stay as they are."""
    found = backbone.load(name, image_size=size)
    control = built.control(found, 0)
    module = zoo.build(found, pretrained=False, seed=0)
    pour({key: torch.from_numpy(tensor) for key, tensor in control.items()}, module)
    norms = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    with torch.inference_mode():
        for part in range(2):
            Tapped(module, found.stages)(torch.tensor(pictures(found.preprocess, part)))
    for key, tensor in module.state_dict().items():
        if "running" in key:
            np.testing.assert_allclose(control[key], tensor.numpy(), rtol=1e-3, atol=1e-4, err_msg=key)


@pytest.mark.parametrize("name", boxed.names())
def test_the_control_is_one_through_both_runtimes(name, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = backbone.load(name)
    trunk = Trunk(found, found.stages, draw=0)
    size = found.preprocess.size
    shown = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), dtype=np.uint8)
    ours, torchs = (
        np.concatenate(next(iter(start(trunk, Execution(runtime=runtime, device="cpu")).stream([shown]))), 1)
        for runtime in ("openvino", "torch")
    )
    np.testing.assert_allclose(ours, torchs, rtol=1e-3, atol=1e-3 * float(np.abs(torchs).max()))


def test_the_control_is_as_good_a_bar_as_torchs_own():
    """Depth gets its chance in both: what the top cut puts out spreads alike over pictures."""
    found = backbone.load("small")
    x = pictures(found.preprocess, 0)
    ours = outputs(built.assembled(found, built.control(found, 0), logits=False), x)[-1]
    with torch.inference_mode():
        module = untrained.network(found, 0)
        theirs = Tapped(module, found.stages)(torch.tensor(x))[-1].numpy()
    assert ours.std(0).mean() == pytest.approx(theirs.std(0).mean(), rel=0.2)


def test_what_is_in_the_box_is_converted_already():
    found = backbone.load("small")
    assert is_converted(Trunk(found, found.stages), Execution(runtime="openvino"))
    assert not Trunk(found, found.stages, module=nn.Identity()).boxed


def test_keys_hang_on_what_makes_the_network_only(monkeypatch):
    """On no version of torch for what is in the box."""
    trunks = [
        Trunk(b, b.stages) for b in (backbone.load("small"), backbone.load("small", taps=("stage2.0",)))
    ]
    before = [trunk.key for trunk in trunks]
    with_another = lambda package: version(package) + ("" if package == "openvino" else " more")  # noqa: E731
    monkeypatch.setattr("headstart.runtime.trunk.version", with_another)
    assert [old == trunk.key for old, trunk in zip(before, trunks, strict=True)] == [True, False]

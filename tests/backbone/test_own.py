"""A torch module of one's own is a backbone like any other: measured, planned, trained in all cases, bundled."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from headstart import data, evidence, model
from headstart.backbone import Backbone, backbone_of, build, untrained_copy
from headstart.errors import BackboneError, BundleError
from headstart.extraction import extract
from headstart.model import Model
from headstart.planning import cases
from headstart.planning.decide import decide
from headstart.runtime import Execution
from headstart.training.fit import fit
from headstart.training.task import Settings
from tests.cli.conftest import tree

SIZE = {"size": 32, "mean": [0.5] * 3, "std": [0.5] * 3}


class Plain(nn.Module):
    """As torchvision's AlexNet is written: features, pooling, a classifier of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(4)
        self.classifier = nn.Sequential(nn.Linear(256, 24), nn.ReLU(), nn.Dropout(0.1), nn.Linear(24, 7))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class Block(nn.Module):
    """Two convolutions with batch normalisation beside a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(out + self.shortcut(x))


class Residual(nn.Module):
    """As a ResNet is written."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.layer1, self.layer2 = Block(8, 16), Block(16, 24)
        self.fc = nn.Linear(24, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.layer2(self.layer1(self.stem(x))).mean((2, 3)))


def flat() -> nn.Sequential:
    """All in one sequence, that ends in a global mean and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1),
        nn.BatchNorm2d(8),
        nn.GELU(),
        nn.Conv2d(8, 16, 3, 2, 1),
        nn.GELU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 6),
    )


MADE = {"plain": Plain, "residual": Residual, "flat": flat}
CUTS = {
    "plain": (("features.1", "features.4", "features", "avgpool", "pre_logits"), "classifier.3"),
    "residual": (("stem", "layer1", "layer2", "pre_logits"), "fc"),
    "flat": (("2", "4", "pre_logits"), "7"),
}


def network(name: str) -> nn.Module:
    """With statistics of its own, in training mode, as a user's comes out of a training."""
    torch.manual_seed(0)
    module = MADE[name]()
    module.train()
    module(torch.randn(8, 3, 32, 32))
    return module


@pytest.fixture(params=MADE)
def name(request) -> str:
    return request.param


@pytest.fixture
def own(name: str) -> Backbone:
    return backbone_of(network(name), preprocess=SIZE, name=f"my-{name}")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory):
    dataset = data.load(tree(tmp_path_factory.mktemp("shapes") / "data", each=16)).dataset
    return dataset, data.partition(dataset, seed=0)


def test_cuts_and_classifier_are_found(name: str, own: Backbone) -> None:
    stages, head = CUTS[name]
    assert (own.stage_names, own.head) == (stages, head)
    assert own.source.dataset == "unknown"
    assert own.classifies
    assert own.preprocess.mean == (0.5, 0.5, 0.5)


def test_the_module_stays_as_it_is(name: str) -> None:
    module = network(name)
    next(module.children()).eval()
    before = copy.deepcopy(module)
    found = backbone_of(module, preprocess=SIZE)
    with torch.no_grad():
        for tensor in build(found).state_dict().values():
            tensor.zero_()
    for key, tensor in module.state_dict().items():
        assert torch.equal(tensor, before.state_dict()[key]), key
    modes = [[part.training for part in one.modules()] for one in (module, before)]
    assert modes[0] == modes[1]
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


def test_what_the_user_does_to_the_module_later_changes_nothing(name: str) -> None:
    module = network(name)
    found = backbone_of(module, preprocess=SIZE)
    kept = {key: t.clone() for key, t in build(found).state_dict().items()}
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    assert all(torch.equal(t, kept[key]) for key, t in build(found).state_dict().items())
    assert backbone_of(module, preprocess=SIZE).key != found.key


def test_the_source_head_s_logits_are_the_module_s_own(name: str, own: Backbone, shapes) -> None:
    dataset, _ = shapes
    features = extract(dataset, np.arange(4), own, execution=Execution(keep="none"))
    pictures = np.stack([own.preprocess.frame(np.asarray(_opened(path))) for path in dataset.paths[:4]])
    with torch.no_grad():
        expected = network(name).eval()(torch.from_numpy(own.preprocess.normalise(pictures)))
    np.testing.assert_allclose(features.logits, expected, rtol=1e-3, atol=1e-4)


def _opened(path: str):
    from PIL import Image

    return Image.open(path).convert("RGB")


def test_random_copies_are_others_and_the_same_again(own: Backbone) -> None:
    first, again, other = (untrained_copy(own, draw).state_dict() for draw in (0, 0, 1))
    matrices = [key for key, tensor in first.items() if tensor.ndim > 1]
    pretrained = build(own).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in matrices)
    assert not any(torch.equal(first[key], other[key]) for key in matrices)
    assert not any(torch.equal(first[key], pretrained[key]) for key in matrices)


@pytest.mark.parametrize("case", [1, 2, 3, 4])
def test_every_case_is_planned_trained_saved_and_predicts_from_the_bundle(
    case: int, own: Backbone, shapes, tmp_path: Path
) -> None:
    dataset, parts = shapes
    recipe = {"epochs": 1, "batch_size": 16}
    plan = cases.make(case, own, n=24, cut=own.stage_names[1] if case == 2 else None, recipe=recipe)
    if case > 2:
        plan = plan.with_recipe(precision="fp32")
    fitted = fit(plan, own, dataset, parts, settings=Settings(device="cpu"))
    made = Model.of(fitted)
    model.save(made, tmp_path / "bundle", dataset=dataset, partition=parts)
    paths = list(dataset.paths[:6])
    expected = made.probabilities(paths)
    loaded = model.load(tmp_path / "bundle")
    np.testing.assert_allclose(loaded.probabilities(paths), expected, rtol=1e-3, atol=1e-4)
    x = torch.randn(2, 3, 32, 32)
    with pytest.raises(BundleError, match="whose class a bundle does not hold") as caught:
        loaded.network()
    assert "\n" not in str(caught.value)
    with torch.no_grad():
        torch.testing.assert_close(
            loaded.network(network(own.name.removeprefix("my-")))(x), made.network()(x), rtol=1e-3, atol=1e-4
        )


def test_it_is_measured_and_decided_upon(own: Backbone, shapes) -> None:
    dataset, parts = shapes
    found = evidence.measure(dataset, parts, own, execution=Execution(keep="none"))
    plan = decide(found, own)
    assert plan.backbone == own.name
    assert [point.cut for point in found.profile] == list(own.stage_names)


def test_a_bundle_predicts_where_nobody_knows_the_class(shapes, tmp_path: Path) -> None:
    dataset, parts = shapes
    own = backbone_of(network("residual"), preprocess=SIZE)
    model.save(Model.of(fit(cases.make(1, own), own, dataset, parts)), tmp_path / "bundle")
    code = (
        "import sys, headstart; found = headstart.load(sys.argv[1]).probabilities(sys.argv[2:]); "
        "assert found.shape == (2, 2); assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "bundle"), *dataset.paths[:2]]
    subprocess.run(command, check=True, timeout=120)


def test_networks_that_compute_otherwise_are_others_though_their_weights_are_the_same() -> None:
    class Other(Plain):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(torch.tanh(x))

    one, other = network("plain"), Other()
    other.load_state_dict(one.state_dict())
    first, again, found = (backbone_of(m, preprocess=SIZE) for m in (one, copy.deepcopy(one), other))
    assert first == again
    assert first.key == again.key
    assert first.weights_sha256 == found.weights_sha256
    assert first.key != found.key
    assert first.preparation != found.preparation


def test_another_network_is_not_taken_for_the_bundle_s(shapes, tmp_path: Path) -> None:
    dataset, parts = shapes
    own = backbone_of(network("plain"), preprocess=SIZE)
    model.save(Model.of(fit(cases.make(1, own), own, dataset, parts)), tmp_path / "bundle")
    with pytest.raises(BackboneError, match="another network than the bundle's"):
        model.load(tmp_path / "bundle").network(network("flat"))


def test_it_is_plain_data_beside_the_module() -> None:
    own = backbone_of(network("plain"), preprocess=SIZE, classes=tuple("abcdefg"))
    told = Backbone.from_dict(own.to_dict())
    assert told == own
    assert "module" not in own.to_dict()
    assert own.source.classes == tuple("abcdefg")
    with pytest.raises(BackboneError, match="whose class is kept nowhere"):
        build(told)


def test_head_and_cuts_are_taken_as_they_are_named() -> None:
    own = backbone_of(network("plain"), preprocess=SIZE, head="classifier.0", taps=["features.2"])
    assert own.stage_names == ("features.2", "pre_logits")
    assert own.top.channels == 256


class Bare(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight, self.fc = nn.Parameter(torch.ones(3)), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc((x * self.weight[:, None, None]).mean((2, 3)))


def test_weights_that_cannot_be_drawn_are_named() -> None:
    own = backbone_of(Bare(), preprocess=SIZE)
    with pytest.raises(BackboneError, match=r"own: the network \(Bare\) cannot be drawn at random") as caught:
        build(own, pretrained=False)
    assert "\n" not in str(caught.value)


REFUSED = [
    (lambda: backbone_of("resnet18"), "expected a torch.nn.Module"),
    (lambda: backbone_of(nn.ReLU(), preprocess=SIZE), "no linear layer"),
    (lambda: backbone_of(network("plain"), preprocess=SIZE, head="nowhere"), "nowhere"),
    (lambda: backbone_of(network("plain"), preprocess=SIZE, taps=["nowhere"]), "nowhere"),
    (lambda: backbone_of(network("plain"), preprocess=SIZE, classes=("a",)), "7 outputs"),
    (lambda: backbone_of(network("plain"), preprocess={"sizes": 3}), "expected fields of Preprocess"),
    (lambda: backbone_of(nn.Sequential(nn.Linear(5, 2)), preprocess=SIZE), "does not run at 32 px"),
    (lambda: backbone_of(network("plain"), name="timm:mine"), "another one"),
]


@pytest.mark.parametrize(("ask", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_a_backbone_is_refused_in_one_line(ask, said: str) -> None:
    with pytest.raises(BackboneError, match=said) as caught:
        ask()
    assert "\n" not in str(caught.value)

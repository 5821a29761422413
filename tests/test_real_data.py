"""Real weights and real pictures, where they lie beside the checkout."""

from __future__ import annotations

import numpy as np
import pytest

from headstart import assess, backbone, data
from headstart.evidence import measure
from headstart.model import Model
from headstart.planning.decide import decide
from headstart.runtime import Execution
from headstart.training.fit import fit


def test_ants_and_bees_through_frozen_mobilenet(shared, hymenoptera):
    weights = shared / "weights" / "mobilenetv2_100.safetensors"
    network = backbone.load("timm:mobilenetv2_100", weights=str(weights), model_kwargs={"pad_type": "same"})
    assert network.preprocess.mean == network.preprocess.std == (0.5, 0.5, 0.5)  # found from the weights
    dataset = data.load(hymenoptera).dataset
    parts = data.partition(dataset, seed=0)
    assert (len(parts.train), len(parts.report), parts.report_name) == (245, 153, "val")
    plan = decide(measure(dataset, parts, network), network)
    assert plan.case == 1
    evaluation = assess.evaluate(Model.of(fit(plan, network, dataset, parts)), dataset, parts.report, "val")
    assert evaluation.correct.sum() >= 146


def test_squeezenet_from_torchvision_loads_and_is_cut(shared):
    weights = shared / "weights" / "squeezenet1_0.safetensors"
    network = backbone.load("torchvision:squeezenet1_0", weights=str(weights))
    assert network.stage_names == ("features.1", "features.5", "features.10", "features", "pre_logits")
    assert network.preprocess.mean == (0.485, 0.456, 0.406)


@pytest.mark.parametrize("name", ["hymenoptera", "brain-mri"])
@pytest.mark.parametrize("network", ["small", "mobilenet"])
def test_the_fast_path_names_every_picture_as_the_reference_does(shared, unpacked, name, network):
    """Features and head through OpenVINO in float32, the same head behind torch in float32: the same names."""
    if network == "small":
        trunk = backbone.load("small")
    else:
        weights = shared / "weights" / "mobilenetv2_100.safetensors"
        trunk = backbone.load("timm:mobilenetv2_100", weights=str(weights), model_kwargs={"pad_type": "same"})
    dataset = data.load(unpacked(name)).dataset
    parts = data.partition(dataset, seed=0)
    fast, reference = (Execution(runtime=runtime, precision="fp32") for runtime in ("openvino", "torch"))
    plan = decide(measure(dataset, parts, trunk, execution=fast), trunk, case=1)
    model = Model.of(fit(plan, trunk, dataset, parts, execution=fast))
    paths = [dataset.paths[i] for i in parts.report]
    here, there = (model.probabilities(paths, execution=execution) for execution in (fast, reference))
    assert np.array_equal(here.argmax(1), there.argmax(1))
    assert np.abs(here - there).max() < 1e-3

"""The exact map: what places say adds up to the score, whatever the head reads and however it is pooled."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.explaining import cam
from headstart.explaining.explained import contrast
from headstart.explaining.grid import enlarged, on_grid, squared
from headstart.explaining.hirescam import hirescam
from headstart.explaining.subject import Subject
from headstart.runtime import Execution
from tests.explaining.conftest import model_of, noise

READS = {
    "small": ("stage4", "pre_logits", "stem+stage2+stage4+pre_logits"),
    "lite0": ("blocks.4", "pre_logits", "blocks.0+blocks.6+pre_logits"),
    "demo-cnn": ("conv3", "fc1", "conv1+conv3+pre_logits"),
    "resnet18": ("layer3", "pre_logits", "layer1+layer4+pre_logits"),
    "convnext_atto": ("stages.3", "stages.1+stages.3"),
    "swin_tiny_patch4_window7_224": ("layers.3",),
    "vit_tiny_patch16_224": ("blocks.2",),
}


def subject_of(model) -> Subject:
    return Subject(model, Execution("openvino"))


def directions(subject: Subject, frames: np.ndarray) -> np.ndarray:
    found = subject.probabilities(frames)
    return contrast(found, found.argmax(1))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("pool", ["avg", "avgstd"])
@pytest.mark.parametrize(("name", "cut"), [(name, cut) for name, cuts in READS.items() for cut in cuts])
def test_the_map_sums_to_the_score(name, cut, pool, layers, network) -> None:
    model = model_of(network(name), cut, pool, layers)
    subject, frames = subject_of(model), noise(model.backbone)
    assert subject.traced
    maps, direction = subject.maps(frames), directions(subject, frames)
    (features,) = model.runtime(Execution("openvino")).stream([frames])[0:0] or [None]
    score = (model.head.logits(subject.pooled(maps)) * direction).sum(1)
    sums = cam.exact(subject, maps, direction)
    scale = np.abs(score).max() + sum(np.abs(part).sum((1, 2)).max() for part in sums.parts)
    for total in (sums.total(), sums.whole(14).sum((1, 2)), sums.whole(8).sum((1, 2))):
        np.testing.assert_allclose(total, score, atol=1e-4 * scale)
    assert any(part.std() > 0 for part in sums.parts)

"""The whole job on pictures in memory comes to what it comes to on the same pictures in files."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart import assess, data
from headstart.assess import prove
from headstart.report import Judged
from headstart.report.thumbnails import data_uri
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return sorted(tree(tmp_path_factory.mktemp("shapes") / "data", each=12).rglob("*.png"))


def _job(pictures, labels, case):
    dataset = data.load((pictures, labels)).dataset
    parts = data.partition(dataset, seed=0)
    network = headstart.load_backbone("demo-cnn")
    evidence = headstart.measure(dataset, parts, network)
    recipe = {"epochs": 1, "batch_size": 8}
    plan = headstart.decide(evidence, network, case=case, precision="fp32", recipe_overrides=recipe)
    model = headstart.Model.of(headstart.fit(plan, network, dataset, parts))
    return model, dataset, parts, prove(model, dataset, parts)


@pytest.mark.parametrize("case", [1, 3])
def test_the_whole_job(paths, case):
    """Bytes have the files' digests, so that the same pictures are held out."""
    labels = [path.parent.name for path in paths]
    one, _, parts, (evaluation, baselines) = _job(paths, labels, case)
    other, held, same, (again, others) = _job([path.read_bytes() for path in paths], labels, case)
    np.testing.assert_array_equal(parts.report, same.report)
    np.testing.assert_array_equal(evaluation.probabilities, again.probabilities)
    assert baselines == others
    found = assess.evaluate(other, held, same.report, same.report_name)
    np.testing.assert_allclose(found.probabilities, again.probabilities, atol=1e-5)
    np.testing.assert_allclose(other.probabilities(held.pictures), one.probabilities(paths), atol=1e-5)


def test_a_mistake_is_shown_from_memory_and_left_as_it_was():
    image = Image.new("RGB", (400, 300), (200, 10, 10))
    mistake = Judged(
        data.load(([image] * 4, list("aabb")), training=False).dataset.pictures[3], "a", "b", 0.9
    )
    assert mistake.path == "pictures[3]"
    assert re.match(r"data:image/jpeg;base64,", data_uri(mistake.picture))
    assert image.size == (400, 300)

"""A model held against labelled pictures, and the bars beside it."""

from __future__ import annotations

import importlib
import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from headstart import assess, backbone, data
from headstart.assess import Baseline
from headstart.data import loader
from headstart.errors import DataError
from headstart.intervals import paired, wilson
from headstart.model import Model
from headstart.planning import cases
from headstart.runtime import Execution
from headstart.training.fit import fit
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    root = tree(tmp_path_factory.mktemp("shapes") / "data", names=("circle", "cross", "square"), each=15)
    dataset = data.load(root).dataset
    return dataset, data.partition(dataset, seed=0)


@pytest.fixture(scope="module")
def model(shapes) -> Model:
    network = backbone.load("demo-cnn")
    return Model.of(fit(cases.make(1, network, n=36), network, *shapes))


def test_numbers_follow_from_probabilities_and_labels(model, shapes):
    dataset, parts = shapes
    evaluation = assess.evaluate(model, dataset, parts.report, "held-out")
    probabilities = model.probabilities([dataset.paths[i] for i in parts.report])
    np.testing.assert_array_equal(evaluation.probabilities, probabilities)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    hits = int((probabilities.argmax(1) == dataset.labels[parts.report]).sum())
    assert evaluation.accuracy == hits / len(parts.report)
    assert evaluation.interval == wilson(hits, len(parts.report))
    assert evaluation.to_dict()["split"] == "held-out"


def test_classes_go_by_name_where_some_are_lacking(model, shapes):
    """Without circles, the label of a cross is 0 in the data set and 1 in the model."""
    dataset, _ = shapes
    index = np.flatnonzero(dataset.labels > 0)
    some = dataset.take(index)
    fewer = replace(some, labels=some.labels - 1, classes=("cross", "square"))
    evaluation = assess.evaluate(model, fewer, np.arange(len(fewer)), "all")
    assert evaluation.classes == ("circle", "cross", "square")
    np.testing.assert_array_equal(evaluation.labels, dataset.labels[index])
    assert evaluation.correct.mean() > 0.6
    assert evaluation.per_class()[0].support == 0


def test_class_names_are_compared_in_one_spelling(model, shapes):
    dataset, parts = shapes
    composed, parted = (
        tuple(unicodedata.normalize(form, f"é-{name}") for name in model.classes) for form in ("NFC", "NFD")
    )
    for known, named in ((composed, parted), (parted, composed)):
        found = assess.evaluate(
            replace(model, classes=known), replace(dataset, classes=named), parts.report, "held-out"
        )
        np.testing.assert_array_equal(found.labels, dataset.labels[parts.report])


def test_unknown_classes_and_empty_splits_are_refused(model, shapes):
    dataset, _ = shapes
    with pytest.raises(DataError, match="does not know: hexagon; it knows circle, cross, square"):
        assess.evaluate(model, replace(dataset, classes=("circle", "cross", "hexagon")), np.arange(5), "all")
    with pytest.raises(DataError, match="no pictures in the test split"):
        assess.evaluate(model, dataset, np.array([], np.int64), "test")


def test_the_majority_is_that_of_training(model, shapes):
    """Two of three training pictures are circles; the report holds one circle in four."""
    dataset, _ = shapes
    circle, cross, square = (np.flatnonzero(dataset.labels == c) for c in range(3))
    train = np.sort(np.concatenate([circle[:12], cross[:3], square[:3]]))
    report = np.sort(np.concatenate([circle[12:], cross[3:8], square[3:7]]))
    parts = data.dataset.Partition(train, np.array([], np.int64), report, "held-out")
    own = assess.evaluate(model, dataset, report, "held-out")
    majority, random = assess.baselines(own, model, dataset, parts)
    lead, error = paired(own.correct, dataset.labels[report] == 0, dataset.groups[report])
    assert majority == Baseline("majority class", 3 / 12, 12, 12, wilson(3, 12), lead, error)
    assert assess.baselines_dict([majority, random]) == {
        "majority class": {
            "accuracy": 3 / 12,
            "n": 12,
            "groups": 12,
            "interval": wilson(3, 12),
            "lead": lead,
            "lead_error": error,
        },
        "random weights": random.to_dict(),
    }


def test_random_weights_are_judged_on_the_report_and_follow_the_plan(model, shapes):
    dataset, parts = shapes
    first, again = (assess.random_predictions(model, dataset, parts) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == parts.report.shape
    own = assess.evaluate(model, dataset, parts.report, "held-out")
    _, random = assess.baselines(own, model, dataset, parts)
    assert random.accuracy == (first == dataset.labels[parts.report]).mean()


def test_proof_in_one_pass_says_what_the_parts_say(model, shapes, monkeypatch):
    dataset, parts = shapes
    execution = Execution(keep="none", copies="fp32")
    expected = assess.evaluate(model, dataset, parts.report, "held-out", execution=execution)
    baselines = assess.baselines(expected, model, dataset, parts, execution=execution)
    passes, original = [], loader.frames

    def frames(paths, *args, **options):
        passes.append(len(paths))
        return original(paths, *args, **options)

    monkeypatch.setattr(importlib.import_module("headstart.extraction.extract"), "frames", frames)
    evaluation, found = assess.prove(model, dataset, parts, execution=execution)
    np.testing.assert_allclose(evaluation.probabilities, expected.probabilities, atol=1e-5)
    assert found == baselines
    assert passes.count(len(parts.report)) == 1


def test_a_trained_trunk_is_proven_as_it_is(model, shapes):
    trained = replace(model, module=backbone.build(model.backbone))
    evaluation, baselines = assess.prove(trained, *shapes)
    expected, _ = assess.prove(model, *shapes)
    np.testing.assert_allclose(evaluation.probabilities, expected.probabilities, atol=1e-4)
    assert [baseline.name for baseline in baselines] == ["majority class", "random weights"]


@pytest.mark.parametrize("enough", [True, False])
def test_random_weights_are_a_baseline_on_a_part_where_that_is_enough(enough, model, shapes, monkeypatch):
    dataset, parts = shapes
    monkeypatch.setattr("headstart.evidence.control.LEAST", 5)
    monkeypatch.setattr("headstart.evidence.control.PIXELS", 0)
    monkeypatch.setattr("headstart.evidence.control.LEAST_PER_CLASS", 2)
    monkeypatch.setattr("headstart.assess.part.plain", lambda *_: enough)
    _, (_, whole) = assess.prove(model, dataset, parts, whole=True)
    evaluation, (majority, random) = assess.prove(model, dataset, parts)
    assert majority.n == whole.n == len(parts.report)
    if not enough:
        assert random == whole
        assert "how" not in random.to_dict()
        return
    assert random.n < len(parts.report)
    assert random.accuracy == max(0.0, evaluation.accuracy - random.lead)
    assert random.interval[0] <= random.accuracy <= random.interval[1]
    assert f"{random.n} of the {len(parts.report)} pictures" in random.to_dict()["how"]
    assert random.how in evaluation.against([random])

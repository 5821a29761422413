"""Classifier: the whole job in scikit-learn's hands."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline

import headstart
from headstart import Classifier, FeatureExtractor, extras
from headstart.errors import BackboneError, DataError, HeadstartError, PictureError, PlanError
from headstart.planning.recipe import ARGUMENTS
from tests.cli.conftest import tree

NAMES = ("circle", "cross", "square")


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> list[Path]:
    return sorted(tree(tmp_path_factory.mktemp("shapes") / "data", names=NAMES, each=12).rglob("*.png"))


@pytest.fixture(scope="module")
def labels(paths) -> np.ndarray:
    return np.array([path.parent.name for path in paths])


@pytest.fixture(scope="module")
def arrays(paths) -> list[np.ndarray]:
    return [np.asarray(Image.open(path)) for path in paths]


def test_it_measures_decides_and_trains(paths, labels):
    made = Classifier("demo-cnn").fit(paths, labels)
    assert made.evidence_.n == 36
    assert made.plan_.case in (1, 2)
    assert made.fitted_.plan == made.plan_
    assert made.classes_.tolist() == list(NAMES)
    assert made.score(paths, labels) > 0.9
    found = made.predict_proba(paths[::5])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, made.model_.probabilities(paths[::5]))
    assert made.predict(paths[0]).tolist() == ["circle"]


def test_a_case_that_is_asked_for_is_done_unmeasured(paths, labels):
    for case, options in ((1, {}), (2, {"cut": "conv2"}), (3, {"epochs": 1, "batch_size": 16, "lr": 1e-4})):
        made = Classifier("demo-cnn", case, **options).fit(paths, labels)
        assert made.evidence_ is None
        assert (made.plan_.case, made.plan_.seed) == (case, 0)
        assert made.predict(paths).shape == (36,)
    assert (made.plan_.recipe.epochs, made.plan_.recipe.batch_size, made.plan_.recipe.lr) == (1, 16, 1e-4)
    assert Classifier("demo-cnn", 2).fit(paths, labels).evidence_ is not None


@pytest.mark.parametrize(
    "values", [np.array([10, 9, -1]), np.array(["10", "9", "ä"], object), np.array([True, False, True])]
)
def test_classes_are_the_labels_as_given(values, paths, labels):
    y = values[np.unique(labels, return_inverse=True)[1]]
    made = Classifier("demo-cnn", 1).fit(paths, y)
    np.testing.assert_array_equal(made.classes_, np.unique(values))
    assert made.classes_.dtype == np.unique(values).dtype
    assert made.predict(paths).dtype == values.dtype
    assert made.score(paths, y) > 0.6
    columns = made.predict_proba(paths)
    best = [str(made.classes_[place]) for place in columns.argmax(1)]
    assert best == [made.model_.classes[place] for place in made.model_.probabilities(paths).argmax(1)]


def test_every_kind_of_pictures_learns_the_same(paths, labels, arrays):
    expected = Classifier("demo-cnn", 1).fit(paths, labels).predict_proba(paths)
    objects = np.empty(len(paths), object)
    objects[:] = arrays
    for pictures in (
        arrays,
        np.stack(arrays),
        objects,
        np.array([str(p) for p in paths]),
        [*arrays[:20], *paths[20:]],
    ):
        made = Classifier("demo-cnn", 1).fit(pictures, labels)
        np.testing.assert_allclose(made.predict_proba(pictures), expected, atol=1e-4)


def test_it_is_cloned_copied_and_set(paths, labels):
    network = headstart.load_backbone("demo-cnn")
    made = Classifier(network, 1, class_weight="balanced", random_state=7).fit(paths, labels)
    again = clone(made)
    assert again.get_params() == made.get_params()
    assert not hasattr(again, "model_")
    assert again.set_params(case=2, cut="conv1").get_params()["cut"] == "conv1"
    expected = made.predict_proba(paths)
    np.testing.assert_array_equal(copy.deepcopy(made).predict_proba(paths), expected)
    assert (made.plan_.class_weight, made.plan_.seed) == ("balanced", 7)
    drawn = [
        Classifier(network, 1, random_state=np.random.RandomState(3)).fit(paths, labels).plan_.seed
        for _ in "ab"
    ]
    assert drawn[0] == drawn[1] != 0


def test_cross_validation_and_searches(paths, labels, arrays):
    for pictures in (paths, np.array(paths, object), np.stack(arrays)):
        scores = cross_val_score(Classifier("demo-cnn", 1), pictures, labels, cv=3, error_score="raise")
        assert scores.shape == (3,)
        assert scores.mean() > 0.5
    grid = {"cut": ["conv1", "conv2", "conv1+conv2"]}
    found = GridSearchCV(Classifier("demo-cnn", 2), grid, cv=2, error_score="raise").fit(paths, labels)
    assert found.best_estimator_.plan_.cut in (("conv1",), ("conv2",), ("conv1", "conv2"))
    cases = GridSearchCV(
        Classifier("demo-cnn", epochs=1, batch_size=16), {"case": [1, 3]}, cv=2, error_score="raise"
    ).fit(paths, labels)
    assert set(cases.best_params_) == {"case"}
    found = cross_val_predict(Classifier("demo-cnn", 1), paths, labels, cv=3, method="predict_proba")
    assert found.shape == (36, 3)


def test_pipelines(paths, labels):
    made = make_pipeline(FeatureExtractor("demo-cnn", "conv2"), LogisticRegression(max_iter=1000))
    assert cross_val_score(made, paths, labels, cv=3, error_score="raise").mean() > 0.5
    grid = {"featureextractor__cut": ["conv1", None], "logisticregression__C": [0.1, 1.0]}
    assert GridSearchCV(made, grid, cv=2, error_score="raise").fit(paths, labels).score(paths, labels) > 0.5
    alone = make_pipeline(Classifier("demo-cnn", 1)).fit(paths, labels)
    assert alone.predict(paths).tolist() == alone[0].predict(paths).tolist()


def test_groups_do_not_straddle(paths, labels):
    groups = np.arange(36) // 2
    cross_validate(
        Classifier("demo-cnn", 1), paths, labels, groups=groups, cv=GroupKFold(3), error_score="raise"
    )
    made = Classifier("demo-cnn", 1).fit(paths, labels, groups=groups)
    assert made.fitted_.arms[0].groups == 18


def test_what_is_refused(paths, labels):
    with pytest.raises(NotFittedError):
        Classifier("demo-cnn").predict(paths)
    for y, words in (
        (labels[:-1], "inconsistent numbers of samples"),
        (np.repeat("a", 36), "labels of 1 class"),
        (np.linspace(0, 1, 36), "continuous"),
        (np.array(["é", "e\u0301"] * 18, object), "two labels are written 'é'"),
        (None, "requires y"),
    ):
        with pytest.raises(ValueError, match=words):
            Classifier("demo-cnn", 1).fit(paths, y)
    with pytest.raises(DataError, match="fewer than 3 usable pictures"):
        Classifier("demo-cnn", 1).fit(paths[:14], labels[:14])
    with pytest.raises(DataError, match=r"pictures\[2\]: of type float"):
        Classifier("demo-cnn", 1).fit([*paths[:2], 0.5, *paths[3:]], labels)
    with pytest.raises(BackboneError, match="image_size 99: demo-cnn is loaded already, for 64"):
        Classifier(headstart.load_backbone("demo-cnn"), 1, image_size=99).fit(paths, labels)
    with pytest.raises(PlanError, match="case 5"):
        Classifier("demo-cnn", 5).fit(paths, labels)
    with pytest.raises(PictureError, match=r"pictures\[1\]: not a picture"):
        Classifier("demo-cnn", 1).fit(paths, labels).predict([paths[0], b"no"])


def test_pictures_that_cannot_be_used_are_left_out(paths, labels, said):
    made = Classifier("demo-cnn", 1).fit([*paths, b"no"], [*labels, "cross"])
    assert made.fitted_.arms[0].n == 36
    assert any("pictures[36]: not a picture" in line for line in said)


def test_without_scikit_learn_one_line_says_what_to_do():
    code = "import sys; sys.modules['sklearn'] = None; import headstart; headstart.Classifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith(f"not installed; {extras.command('sklearn')}")
    assert HeadstartError.__name__ in done.stderr


def test_importing_headstart_imports_no_scikit_learn():
    code = "import sys, headstart; a = 'sklearn' in sys.modules; headstart.Classifier; b = 'sklearn' in sys.modules"
    subprocess.run([sys.executable, "-c", f"{code}; assert (a, b) == (False, True)"], check=True)


def test_a_fit_that_fails_leaves_nothing_behind(paths):
    labels = [path.parent.name for path in paths]
    broken = Classifier(case=1, cut="nowhere")
    with pytest.raises(HeadstartError):
        broken.fit(paths, labels)
    with pytest.raises(NotFittedError):
        broken.predict(paths)


def test_every_value_of_a_recipe_is_a_parameter(paths):
    assert set(ARGUMENTS) <= set(Classifier().get_params())
    labels = [path.parent.name for path in paths]
    asked = {
        "case": 3,
        "epochs": 1,
        "optimizer": "sgd",
        "patience": 2,
        "fallback": "none",
        "time_limit": "10m",
    }
    found = Classifier(**asked, random_state=2**32 - 1).fit(paths, labels)
    assert (found.plan_.recipe.optimizer, found.plan_.recipe.patience, found.plan_.fallback) == (
        "sgd",
        2,
        "none",
    )


def test_the_network_that_was_not_kept_is_not_held(paths, labels):
    made = Classifier("demo-cnn", case=3, epochs=1).fit(paths, labels)
    assert len(made.fitted_.arms) > 1
    assert made.fitted_.others == {}

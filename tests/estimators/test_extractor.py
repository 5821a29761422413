"""FeatureExtractor: headstart.features in scikit-learn's hands."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

import headstart
from headstart import FeatureExtractor
from headstart.errors import BackboneError, DataError
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return sorted(tree(tmp_path_factory.mktemp("shapes") / "data", each=4).rglob("*.png"))


@pytest.mark.parametrize(
    "options", [{}, {"cut": "conv2"}, {"cut": ["conv1", "conv2"], "pool": "avg"}, {"cut": "conv1+conv2"}]
)
def test_it_transforms_as_the_function_does(options, paths):
    extractor = FeatureExtractor("demo-cnn", **options)
    found = extractor.fit_transform(paths)
    np.testing.assert_array_equal(found, headstart.features(paths, backbone="demo-cnn", **options))
    np.testing.assert_array_equal(found[2:5], clone(extractor).transform(paths[2:5]))  # nothing is learnt
    names = extractor.get_feature_names_out()
    assert names.shape == (found.shape[1],) == (len(set(names)),)


def test_columns_have_names(paths):
    names = FeatureExtractor("demo-cnn", "conv1+conv2").get_feature_names_out().tolist()
    assert names[0] == "conv1_mean_0"
    assert names[32] == "conv1_spread_0"
    assert names[-1] == "conv2_spread_95"
    top = FeatureExtractor("demo-cnn").get_feature_names_out().tolist()
    assert all("_mean_" in name for name in top)


def test_fit_checks_and_does_no_more(paths):
    assert vars(FeatureExtractor("demo-cnn").fit(paths)) == vars(FeatureExtractor("demo-cnn"))
    with pytest.raises(BackboneError, match="conv9"):
        FeatureExtractor("demo-cnn", "conv9").fit(paths)
    with pytest.raises(DataError, match=r"pictures\[0\]: of type float"):
        FeatureExtractor("demo-cnn").fit([0.5])

"""scikit-learn's own estimator checks.

They bring tables of numbers. A `_Painted` estimator makes a picture of each row, so that all of them run on what is
ours: parameters, clones, labels, order, copies. What is left out is named with its reason in LEFT_OUT.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from headstart import Classifier, FeatureExtractor

SIDE = 32


def paint(numbers: np.ndarray) -> np.ndarray:
    """float [N, D] → uint8 [N, 32, 32, 3]: a band for each column, its grey a squashed number."""
    values = np.nan_to_num(np.asarray(numbers, np.float64))
    greys = (255 / (1 + np.exp(-np.clip(values, -30, 30)))).astype(np.uint8)
    bands = np.arange(SIDE) * greys.shape[1] // SIDE
    return np.broadcast_to(greys[:, bands, None, None], (len(greys), SIDE, SIDE, 3)).copy()


class _Painted:
    """Takes tables, and gives pictures of their rows to the estimator."""

    def fit(self, X: Any, y: Any = None) -> Any:
        X = validate_data(self, X)
        return super().fit(paint(X), y)  # pyright: ignore

    def _shown(self, X: Any) -> np.ndarray:
        return paint(validate_data(self, X, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # pyright: ignore
        tags.input_tags.one_d_array, tags.input_tags.two_d_array = False, True
        tags.input_tags.string, tags.no_validation = False, False
        return tags


class PaintedClassifier(_Painted, Classifier):
    def predict_proba(self, X: Any) -> np.ndarray:
        return super().predict_proba(self._shown(X))


class PaintedExtractor(_Painted, FeatureExtractor):
    def transform(self, X: Any) -> np.ndarray:
        return super().transform(self._shown(X))


ESTIMATORS = [PaintedClassifier("demo-cnn", case=1), PaintedExtractor("demo-cnn", "conv1")]
LEFT_OUT = {
    "check_class_weight_classifiers": "it weighs classes by a dictionary; ours are weighed alike or by their numbers",
}


def _left_out(estimator: Any) -> dict[str, str]:
    return LEFT_OUT if isinstance(estimator, Classifier) else {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=_left_out)
def test_scikit_learns_checks(estimator, check):
    check(estimator)

"""What scikit-learn is told of estimators that take pictures."""

from __future__ import annotations

from typing import TypeVar

from sklearn.utils import Tags

T = TypeVar("T", bound=Tags)


def for_pictures(tags: T) -> T:
    """The tags of an estimator whose samples are pictures: lists and stacks, no table of numbers."""
    takes = tags.input_tags
    takes.one_d_array, takes.two_d_array, takes.string = True, False, True
    tags.no_validation = True
    return tags

"""The small source network and the shapes of the training tests."""

from tests.training.conftest import demo, shapes

__all__ = ["demo", "shapes"]

"""The small networks and pictures that tests of training have."""

from tests.training.conftest import demo, planned, resnet, shapes

__all__ = ["demo", "planned", "resnet", "shapes"]

"""The same pictures and networks that tests of the command line have."""

from tests.cli.conftest import backbone, headstart, shapes, trained

__all__ = ["backbone", "headstart", "shapes", "trained"]

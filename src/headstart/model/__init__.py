"""A finished classifier, and the bundle it is kept in."""

from headstart.model.info import BundleInfo, versions
from headstart.model.model import Model
from headstart.model.reading import load
from headstart.model.writing import save

__all__ = ["BundleInfo", "Model", "load", "save", "versions"]

"""A finished classifier, and the bundle it is kept in."""

from headstart.model.answers import Answers
from headstart.model.info import BundleInfo, versions
from headstart.model.model import Model
from headstart.model.reading import load
from headstart.model.remember import remember
from headstart.model.writing import info_of, save

__all__ = ["Answers", "BundleInfo", "Model", "info_of", "load", "remember", "save", "versions"]

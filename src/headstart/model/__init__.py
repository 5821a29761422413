"""A finished classifier, and the bundle it is kept in."""

from headstart.model.bundle import load, save, versions
from headstart.model.model import Model

__all__ = ["Model", "load", "save", "versions"]

"""Dataset × Backbone → pooled features at every cut, in one pass; the cache."""

from headstart.features.extract import How, extract, run
from headstart.features.features import Features

__all__ = ["Features", "How", "extract", "run"]

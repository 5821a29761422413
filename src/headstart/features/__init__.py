"""Dataset × Backbone → pooled features at every cut, in one pass; the cache."""

from headstart.features.extract import extract, extract_beside, identity, run
from headstart.features.features import Features

__all__ = ["Features", "extract", "extract_beside", "identity", "run"]

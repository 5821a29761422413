"""Dataset × Backbone → pooled features at every cut, in one pass; the cache."""

from headstart.features.extract import How, extract, extract_beside, identity, run
from headstart.features.features import Features

__all__ = ["Features", "How", "extract", "extract_beside", "identity", "run"]

"""Dataset × Backbone → pooled features at every cut, in one pass; the cache."""

from headstart.extraction.extract import extract, extract_beside, identity, run
from headstart.extraction.features import Features
from headstart.extraction.maps import maps
from headstart.extraction.of_pictures import features

__all__ = ["Features", "extract", "extract_beside", "features", "identity", "maps", "run"]

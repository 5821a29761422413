"""Dataset × Backbone → pooled features at every cut, in one pass; the cache.

`headstart.features(pictures, …)` is `headstart.features.of_pictures.features`: this room can be called.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

from headstart.features.extract import extract, extract_beside, identity, run
from headstart.features.features import Features

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Features", "extract", "extract_beside", "identity", "run"]


class _Room(types.ModuleType):
    """Python gives a package and its name one meaning: `headstart.features` is this module, so it is made callable."""

    def __call__(self, pictures: Any, **options: Any) -> np.ndarray:
        """float32 [N, D]; see headstart.features.of_pictures.features."""
        from headstart.features.of_pictures import features

        return features(pictures, **options)


features = sys.modules[__name__]  # what the front door has by this name
features.__class__ = _Room

"""The random control: the same architecture with random weights. A bar that it also passes proves nothing."""

from __future__ import annotations

import numpy as np

from headstart.backbone import Backbone
from headstart.data.dataset import Dataset
from headstart.features import Features, How, extract


def control_features(
    dataset: Dataset, index: np.ndarray, backbone: Backbone, *, draw: int, how: How
) -> Features:
    """Features of the pictures at `index` from the `draw`-th random copy of `backbone` (backbone/untrained.py)."""
    return extract(
        dataset, index, backbone, how=how, draw=draw, label=f"features, random weights {draw + 1}"
    )

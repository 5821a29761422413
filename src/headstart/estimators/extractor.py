"""FeatureExtractor: a frozen network as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from headstart.backbone import DEFAULT, Backbone
from headstart.data.given import given
from headstart.estimators.tags import for_pictures
from headstart.extraction.cuts import feature_names
from headstart.extraction.of_pictures import features, settled


class FeatureExtractor(TransformerMixin, BaseEstimator):
    """Pictures → what a frozen network says of them, float32 [N, D]. Nothing is learnt.

    The parameters are those of `headstart.features`: backbone, cut, pool, image_size, runtime, precision, device,
    workers, keep_features, truncated. What a picture gives is kept by its content: a search over what follows is cheap.
    """

    def __init__(
        self,
        backbone: str | Backbone = DEFAULT,
        cut: str | Sequence[str] | None = None,
        *,
        pool: str | None = None,
        image_size: int | None = None,
        runtime: str = "auto",
        precision: str = "fp32",
        device: str = "auto",
        workers: int = 0,
        keep_features: str = "fp32",
        truncated: str = "refuse",
    ) -> None:
        self.backbone = backbone
        self.cut = cut
        self.pool = pool
        self.image_size = image_size
        self.runtime = runtime
        self.precision = precision
        self.device = device
        self.workers = workers
        self.keep_features = keep_features
        self.truncated = truncated

    def fit(self, pictures: Any, y: Any = None) -> FeatureExtractor:
        """Checks the parameters and that `pictures` are such; none is opened. Raises DataError, BackboneError."""
        given(pictures)
        settled(self.backbone, self.cut, self.pool, self.image_size)
        return self

    def transform(self, pictures: Any) -> np.ndarray:
        """float32 [N, D], rows in the order of the pictures. Raises DataError, PictureError, BackboneError."""
        return features(pictures, **self.get_params(deep=False))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """D names, object [D], such as `conv2_mean_0` and `conv2_spread_0`; input_features is not looked at."""
        network, cuts, pool = settled(self.backbone, self.cut, self.pool, self.image_size)
        return np.array(feature_names(network, cuts, pool), object)

    def __sklearn_tags__(self) -> Tags:
        tags = for_pictures(super().__sklearn_tags__())
        tags.requires_fit = False
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = []  # float32, whatever the pictures are
        return tags

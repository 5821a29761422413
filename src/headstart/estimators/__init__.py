"""scikit-learn estimators on pictures: for pipelines, cross-validation and searches.

Pictures are what `Model.probabilities` takes: a list that may mix paths, files' bytes, Pillow images and arrays, an
object array of these, or a uint8 array [N, H, W, 3]. Raises HeadstartError on import where scikit-learn is lacking.
"""

from headstart import extras
from headstart.errors import HeadstartError

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise HeadstartError(
        f"headstart's estimators need scikit-learn, which is not installed; {extras.command('sklearn')}"
    ) from error

from headstart.estimators.classifier import Classifier
from headstart.estimators.extractor import FeatureExtractor

__all__ = ["Classifier", "FeatureExtractor"]

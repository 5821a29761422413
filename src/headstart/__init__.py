"""headstart: transfer learning that measures which kind fits your pictures, does it, and proves it.

Importing the package is cheap: a name is loaded from its room when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.assess import evaluate
    from headstart.backbone import Backbone
    from headstart.backbone import load as load_backbone
    from headstart.data import Dataset, partition
    from headstart.data import load as load_data
    from headstart.errors import HeadstartError
    from headstart.estimators import Classifier, FeatureExtractor
    from headstart.evidence import measure
    from headstart.features.of_pictures import features
    from headstart.model import Model, load, save
    from headstart.plan.decide import decide
    from headstart.plan.plan import Plan
    from headstart.report import write as write_report
    from headstart.train.fit import fit

__version__ = "0.1.0"
__all__ = [
    "Backbone",
    "Classifier",
    "Dataset",
    "FeatureExtractor",
    "HeadstartError",
    "Model",
    "Plan",
    "__version__",
    "decide",
    "evaluate",
    "features",
    "fit",
    "load",
    "load_backbone",
    "load_data",
    "measure",
    "partition",
    "save",
    "write_report",
]

# public name → (module it lives in, its name there)
_HOMES = {
    "Backbone": ("headstart.backbone", "Backbone"),
    "Classifier": ("headstart.estimators", "Classifier"),
    "Dataset": ("headstart.data", "Dataset"),
    "FeatureExtractor": ("headstart.estimators", "FeatureExtractor"),
    "HeadstartError": ("headstart.errors", "HeadstartError"),
    "Model": ("headstart.model", "Model"),
    "Plan": ("headstart.plan.plan", "Plan"),
    "decide": ("headstart.plan.decide", "decide"),
    "evaluate": ("headstart.assess", "evaluate"),
    "features": ("headstart.features", "features"),
    "fit": ("headstart.train.fit", "fit"),
    "load": ("headstart.model", "load"),
    "load_backbone": ("headstart.backbone", "load"),
    "load_data": ("headstart.data", "load"),
    "measure": ("headstart.evidence", "measure"),
    "partition": ("headstart.data", "partition"),
    "save": ("headstart.model", "save"),
    "write_report": ("headstart.report", "write"),
}


def __getattr__(name: str) -> Any:
    """PEP 562: loads a public name where it lives, once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'headstart' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

"""headstart: transfer learning that measures which kind fits your pictures, does it, and proves it.

Importing the package is cheap: a name is loaded from its room when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.assess import Evaluation
    from headstart.backbone import Backbone, backbone_of
    from headstart.backbone import load as load_backbone
    from headstart.data import Dataset, partition
    from headstart.data import load as load_data
    from headstart.data.preprocess import Preprocess
    from headstart.errors import HeadstartError
    from headstart.estimators import Classifier, FeatureExtractor
    from headstart.evidence import Evidence, measure
    from headstart.extraction.of_pictures import features
    from headstart.job.calls import (
        compare,
        evaluate,
        explain,
        inspect,
        plan,
        predict,
        pretrain,
        review,
        train,
    )
    from headstart.job.hand_on import export, teach
    from headstart.job.options import Options
    from headstart.job.run import Run
    from headstart.model import Model, load, save
    from headstart.planning.decide import decide
    from headstart.planning.plan import Plan
    from headstart.planning.recipe import Recipe
    from headstart.report import write as write_report
    from headstart.runtime import Execution
    from headstart.training.fit import fit

__version__ = "0.1.0"
__all__ = [
    "Backbone",
    "Classifier",
    "Dataset",
    "Evaluation",
    "Evidence",
    "Execution",
    "FeatureExtractor",
    "HeadstartError",
    "Model",
    "Options",
    "Plan",
    "Preprocess",
    "Recipe",
    "Run",
    "__version__",
    "backbone_of",
    "compare",
    "decide",
    "evaluate",
    "explain",
    "export",
    "features",
    "fit",
    "inspect",
    "load",
    "load_backbone",
    "load_data",
    "measure",
    "partition",
    "plan",
    "predict",
    "pretrain",
    "review",
    "save",
    "teach",
    "train",
    "write_report",
]

# public name → (module it lives in, its name there)
_HOMES = {
    "Backbone": ("headstart.backbone", "Backbone"),
    "Classifier": ("headstart.estimators", "Classifier"),
    "Dataset": ("headstart.data", "Dataset"),
    "Evaluation": ("headstart.assess", "Evaluation"),
    "Evidence": ("headstart.evidence", "Evidence"),
    "Execution": ("headstart.runtime", "Execution"),
    "FeatureExtractor": ("headstart.estimators", "FeatureExtractor"),
    "HeadstartError": ("headstart.errors", "HeadstartError"),
    "Model": ("headstart.model", "Model"),
    "Options": ("headstart.job.options", "Options"),
    "Plan": ("headstart.planning.plan", "Plan"),
    "Preprocess": ("headstart.data.preprocess", "Preprocess"),
    "Recipe": ("headstart.planning.recipe", "Recipe"),
    "Run": ("headstart.job.run", "Run"),
    "backbone_of": ("headstart.backbone", "backbone_of"),
    "compare": ("headstart.job.calls", "compare"),
    "decide": ("headstart.planning.decide", "decide"),
    "evaluate": ("headstart.job.calls", "evaluate"),
    "explain": ("headstart.job.calls", "explain"),
    "export": ("headstart.job.hand_on", "export"),
    "features": ("headstart.extraction.of_pictures", "features"),
    "fit": ("headstart.training.fit", "fit"),
    "inspect": ("headstart.job.calls", "inspect"),
    "load": ("headstart.model", "load"),
    "load_backbone": ("headstart.backbone", "load"),
    "load_data": ("headstart.data", "load"),
    "measure": ("headstart.evidence", "measure"),
    "partition": ("headstart.data", "partition"),
    "plan": ("headstart.job.calls", "plan"),
    "predict": ("headstart.job.calls", "predict"),
    "pretrain": ("headstart.job.calls", "pretrain"),
    "review": ("headstart.job.calls", "review"),
    "save": ("headstart.model", "save"),
    "teach": ("headstart.job.hand_on", "teach"),
    "train": ("headstart.job.calls", "train"),
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

"""Metrics with intervals, and the baselines that stand beside them."""

from headstart.assess.assess import baselines, evaluate, on_report, pool, prove, random_predictions
from headstart.assess.baseline import Baseline, baselines_dict
from headstart.assess.evaluation import Evaluation
from headstart.assess.hindsight import Hindsight, hindsight
<<<<<<< HEAD
from headstart.assess.scored import ClassScore, Scored
=======
from headstart.assess.reliability import Reliability
>>>>>>> bafc2d1 (How sure: a temperature, sets that hold the right class, a line to strangers; in the bundle, in predict, evaluate and train --json)
from headstart.assess.summary import Summary, summarise
from headstart.assess.sureness import Sureness

__all__ = [
    "Baseline",
    "ClassScore",
    "Evaluation",
    "Hindsight",
<<<<<<< HEAD
    "Scored",
=======
    "Reliability",
>>>>>>> bafc2d1 (How sure: a temperature, sets that hold the right class, a line to strangers; in the bundle, in predict, evaluate and train --json)
    "Summary",
    "Sureness",
    "baselines",
    "baselines_dict",
    "evaluate",
    "hindsight",
    "on_report",
    "pool",
    "prove",
    "random_predictions",
    "summarise",
]

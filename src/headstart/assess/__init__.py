"""Metrics with intervals, and the baselines that stand beside them."""

from headstart.assess.assess import baselines, evaluate, on_report, pool, prove, random_predictions
from headstart.assess.baseline import Baseline, baselines_dict
from headstart.assess.evaluation import Evaluation
from headstart.assess.hindsight import Hindsight, hindsight
from headstart.assess.reliability import Reliability
from headstart.assess.scored import ClassScore, Scored
from headstart.assess.summary import Summary, summarise
from headstart.assess.sureness import Sureness

__all__ = [
    "Baseline",
    "ClassScore",
    "Evaluation",
    "Hindsight",
    "Reliability",
    "Scored",
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

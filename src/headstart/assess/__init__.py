"""Metrics with intervals, and the baselines that stand beside them."""

from headstart.assess.assess import baselines, evaluate, on_report, pool, prove, random_predictions
from headstart.assess.baseline import Baseline, baselines_dict
from headstart.assess.evaluation import Evaluation
from headstart.assess.hindsight import Hindsight, hindsight
from headstart.assess.scored import ClassScore, Scored
from headstart.assess.summary import Summary, summarise

__all__ = [
    "Baseline",
    "ClassScore",
    "Evaluation",
    "Hindsight",
    "Scored",
    "Summary",
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

"""Metrics with intervals, and the baselines that stand beside them."""

from headstart.assess.assess import baselines, evaluate, prove, random_predictions
from headstart.assess.evaluation import ClassScore, Evaluation

__all__ = ["ClassScore", "Evaluation", "baselines", "evaluate", "prove", "random_predictions"]

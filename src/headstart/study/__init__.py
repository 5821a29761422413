"""Experiments made of many plans: all strategies side by side."""

from headstart.study.compare import compare
from headstart.study.contenders import Contender, contenders
from headstart.study.outcome import Comparison, Outcome, Standing

__all__ = ["Comparison", "Contender", "Outcome", "Standing", "compare", "contenders"]

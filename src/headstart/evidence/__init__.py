"""Size, similarity and depth profile of a set of pictures: what is measured before anything is decided."""

from headstart.evidence.cost import speed
from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import CurvePoint, CutScore, Facts
from headstart.evidence.measure import measure
from headstart.evidence.verdict import Gain, Verdict

__all__ = ["CurvePoint", "CutScore", "Evidence", "Facts", "Gain", "Verdict", "measure", "speed"]

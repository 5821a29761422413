"""Size, similarity and depth profile of a set of pictures: what is measured before anything is decided."""

from headstart.evidence.cost import speed
from headstart.evidence.evidence import CurvePoint, CutScore, Evidence
from headstart.evidence.measure import measure

__all__ = ["CurvePoint", "CutScore", "Evidence", "measure", "speed"]

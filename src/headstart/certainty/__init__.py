"""How sure a classifier is: honest probabilities, sets that hold the right class, and what is none of these."""

from headstart.certainty.certainty import Certainty
from headstart.certainty.conformal import Sets
from headstart.certainty.familiar import Familiar

__all__ = ["Certainty", "Familiar", "Sets"]

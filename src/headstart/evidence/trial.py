"""Whether training the network is worth a try: it takes a hundred times as long as a probe, and may gain nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from headstart.data.split import SELECTION_SHARE
from headstart.evidence.facts import Facts
from headstart.evidence.verdict import Gain

WORTH = (
    0.01  # in accuracy: what a try must be worth on average, and as much more for every hour that it takes,
)
FEWEST = 5  # and the typical class must have so many groups to train on and to choose by
# Of the best probe's errors: on so many pictures do probe and training differ (the median of 34 settings,
# benchmarks/regret).
DIFFER = 0.7
LEAST = 0.01  # no share of errors is less


@dataclass(frozen=True)
class Trial:
    """Training the network, and keeping what looks better.

    typical_class  groups in the median class
    gain           what training is expected to add to the best frozen probe
    hours          what it takes on this machine; 0 where that is not known
    """

    typical_class: float
    gain: Gain
    hours: float = 0.0

    @property
    def enough(self) -> bool:
        return self.typical_class >= FEWEST

    @property
    def pays(self) -> bool:
        """Something is to be expected of it, and enough even though the better of the two may be picked wrongly."""
        return self.enough and self.gain.expected > 0 and self.gain.tried > self.price

    @property
    def price(self) -> float:
        """What the try must be worth, in accuracy."""
        return WORTH * (1 + self.hours)


def picking_error(facts: Facts, accuracy: float) -> float:
    """Standard error with which selection pictures will tell a training from a probe of that accuracy."""
    selected = max(1.0, SELECTION_SHARE * facts.groups)
    return math.sqrt(DIFFER * max(1 - accuracy, LEAST) / selected)

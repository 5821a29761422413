"""What a picture is called, in OpenVINO's operations: Decision.decide(), or the likeliest class."""

from __future__ import annotations

from typing import Any

import numpy as np

from headstart.model.decision import Decision


def answer(probabilities: Any, decision: Decision | None) -> Any:
    """float32 [N, C] → int64 [N], places among the classes; of equals the first."""
    from openvino import opset13 as ops

    scores = probabilities if decision is None else _scores(probabilities, decision)
    best = ops.topk(scores, np.array(1), 1, "max", "value", "i64", stable=True)
    return ops.squeeze(best.output(1), np.array([1]))


def _scores(probabilities: Any, decision: Decision) -> Any:
    """float32 [N, C], of which the greatest is the answer."""
    from openvino import opset13 as ops

    if decision.costs:
        return ops.matmul(probabilities, -np.array(decision.costs, np.float32), False, False)
    # A class that reaches its line scores 2 or more, the first most; one that does not, less than any probability.
    lines, ranks, others = (np.full(len(decision.classes), fill, np.float32) for fill in (2, 0, 1))
    for rank, one in enumerate(reversed(decision.thresholds), start=2):
        place = decision.classes.index(one.name)
        lines[place], ranks[place], others[place] = one.value, rank, 0
    rest = ops.add(ops.multiply(probabilities, others[None]), others[None] - 1)
    return ops.select(ops.greater_equal(probabilities, lines[None]), ranks[None], rest)

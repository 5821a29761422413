"""The weights of a network's first layer, read off whatever runs it."""

from __future__ import annotations

from typing import Any

import numpy as np

from headstart.backbone import boxed
from headstart.runtime import Trunk
from headstart.runtime.runtime import Runtime


def first_weights(trunk: Trunk | None, runtime: Runtime) -> np.ndarray | None:
    """float32 [F, channels, h, w] of the first convolution; None where there is none.

    Of a network in the box they are its tensors. Of a converted network they are what conversion made of them: a
    normalisation behind the convolution may be multiplied in, so that a filter is scaled, or its sign turned.
    """
    if trunk is not None and trunk.boxed:
        return _seeing_colours(boxed.tensors(trunk.backbone.name))
    network: Any = getattr(runtime, "network", None)
    if network is not None:
        return _seeing_colours({name: p.detach() for name, p in network.named_parameters()})
    return _of_converted(getattr(runtime, "model", None))


def _seeing_colours(tensors: Any) -> np.ndarray | None:
    found = next((t for t in tensors.values() if t.ndim == 4 and t.shape[1] == 3), None)
    return None if found is None else np.asarray(found if isinstance(found, np.ndarray) else found.cpu())


def _of_converted(model: Any) -> np.ndarray | None:
    for node in [] if model is None else model.get_ordered_ops():
        if node.get_type_name() == "Convolution":
            source = node.input_value(1).get_node()
            while source.get_type_name() == "Convert":
                source = source.input_value(0).get_node()
            if source.get_type_name() == "Constant":
                return np.asarray(source.data, np.float32)
    return None

"""network_input(): the same floats as normalise(), to the last bit, laid out channels last."""

from __future__ import annotations

import numpy as np
import torch

from headstart.data.preprocess import Preprocess
from headstart.runtime.input import network_input


def test_it_is_normalise_to_the_last_bit() -> None:
    preprocess = Preprocess(8, 8, "bicubic", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(4, 8, 8, 3)
    found = network_input(preprocess, every, torch.device("cpu"))
    np.testing.assert_array_equal(found.numpy(), preprocess.normalise(every))
    assert found.is_contiguous(memory_format=torch.channels_last)

"""What identifies weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

COUNTED = "num_batches_tracked"  # batches seen, which travel with weights and do not identify them


def fingerprint(tensors: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, shapes and bytes of all parameters and buffers: what identifies weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        if name.endswith(COUNTED):
            continue
        digest.update(f"{name} {list(tensor.shape)} torch.{tensor.dtype}\n".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()

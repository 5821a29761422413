"""python forward.py HYMENOPTERA WEIGHTS fp32|bf16: torch's eager forward pass alone, pictures already in memory.

As many pictures as HYMENOPTERA holds, in batches of 32, channels last, after one batch to warm up. JSON with its
seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import timm
import torch

BATCH, SIDE = 32, 224


def main() -> int:
    folder, weights, precision = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    network = timm.create_model(
        "mobilenetv2_100", pretrained=True, pretrained_cfg_overlay={"file": weights}, pad_type="same"
    )
    network = network.eval().to(memory_format=torch.channels_last)
    count = sum(1 for _ in folder.rglob("*.jpg"))
    x = torch.rand(BATCH, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        network(x)
        began = time.perf_counter()
        for start in range(0, count, BATCH):
            network(x[: min(BATCH, count - start)])
    print(json.dumps({"seconds": time.perf_counter() - began, "pictures": count}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""python floor.py HYMENOPTERA NETWORK: decoding overlapped with the network, nothing else; JSON with its seconds.

NETWORK: one in the box, such as lite0, or the weights of MobileNetV2, a file.
The network runs in fp32 through OpenVINO up to the features below its classifier; all is loaded and compiled before the
clock starts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

import headstart
from headstart.data.loader import frames
from headstart.runtime import Execution, Trunk, resolve, start


def main() -> int:
    folder, what = Path(sys.argv[1]), sys.argv[2]
    backbone = (
        headstart.load_backbone("timm:mobilenetv2_100", weights=what, model_kwargs={"pad_type": "same"})
        if Path(what).is_file()
        else headstart.load_backbone(what)
    )
    how = resolve(Execution(runtime="openvino"))
    runtime = start(Trunk(backbone, (backbone.top,), "avg"), how)
    side = backbone.preprocess.size
    size = how.batch_of(side)
    list(runtime.stream([np.zeros((size, side, side, 3), np.uint8)]))
    paths = sorted(str(path) for path in folder.rglob("*.jpg"))
    began, worked = time.perf_counter(), time.process_time()
    batches = (batch for _, batch in frames(paths, backbone.preprocess, batch_size=size))
    done = sum(len(rows[0]) for rows in runtime.stream(batches))
    seconds = time.perf_counter() - began
    assert done == len(paths)
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - worked, "pictures": done}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

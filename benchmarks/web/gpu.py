"""Does a page's engine say on a graphics card what it says on the processor?

    python benchmarks/web/gpu.py BUNDLE PICTURES [--most N] [--browser firefox]

A headless browser, and a graphics card that the processor plays (SwiftShader): its numbers are those of a
graphics card, its milliseconds are not. Pictures are decoded and prepared in Python, in an order that their names'
hash gives.
Firefox needs a Vulkan loader that finds it: VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

import headstart
from headstart.data import decode
from headstart.model.formats import html

sys.path.insert(0, str(Path(__file__).parents[2]))


def main() -> None:
    from benchmarks.web import asked
    from tests.web.webgpu import both

    parser = asked.parser(__doc__, most=100)
    parser.add_argument("--browser", choices=("chromium", "firefox"), default="chromium")
    wanted = parser.parse_args()
    model = headstart.load(wanted.bundle)
    given = [decode.decode(path.read_bytes()) for path in asked.some(wanted.pictures, wanted.most)]
    frames = [model.backbone.preprocess.frame(one) for one in given]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        both(Path(folder), wanted.browser) as engines,
    ):
        if not engines.made(html.text(model, wanted.bits)):
            sys.exit(f"this {wanted.browser} has no WebGPU")
        found = [engines.both(frame) for frame in frames]
    print(json.dumps({"pictures": len(found), **told(found)}, indent=1))


def told(found: list[dict]) -> dict[str, object]:
    """How far the graphics card is from the processor, at most, and the medians of their milliseconds."""
    gpu, processor = ([one[name] for one in found] for name in ("gpu", "processor"))
    p, q = (np.array([one["probabilities"] for one in side]) for side in (gpu, processor))
    values: dict[str, object] = {
        "features and maps, most apart": f"{max(one['apart'] for one in found):.1e} of the largest",
        "probability, most apart": f"{np.abs(p - q).max():.1e}",
        "same answer": int((p.argmax(1) == q.argmax(1)).sum()),
    }
    if gpu[0]["map"]:
        a, b = (np.array([one["map"] for one in side]) for side in (gpu, processor))
        values["map of where it looked, most apart"] = (
            f"{(np.abs(a - b).max(1) / np.abs(b).max(1)).max():.1e} of its greatest value"
        )
    for name in ("processor", "gpu"):
        values[f"ms, {name}, median"] = round(float(np.median([one["ms"][name] for one in found])), 1)
    return values


if __name__ == "__main__":
    main()

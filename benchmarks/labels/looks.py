"""How many pictures are called dark or blurred as they are, and how many once they are blurred.

Prints a Markdown table.

    python benchmarks/labels/looks.py --data DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import headstart
from headstart.screening.looks import DARKEST, fence, light_and_sharpness

SETS = ("hymenoptera", "brain-mri", "cifar10", "gtsrb")
MOST, BLURRED, RADII = 400, 60, (1, 2, 4, 8)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    preprocess = headstart.load_backbone("lite0").preprocess
    print("| set | dark | blurred |", " | ".join(f"blurred by {radius} px" for radius in RADII), "|")
    print("|-" * (3 + len(RADII)) + "|", flush=True)
    for name in SETS:
        paths = headstart.load_data(str(args.data / name)).dataset.paths
        drawn = [paths[place] for place in np.random.default_rng(0).permutation(len(paths))[:MOST]]
        pictures = [Image.open(path).convert("RGB") for path in drawn]
        light, sharp = np.array([light_and_sharpness(preprocess.frame(one)) for one in pictures]).T
        dark, line = (np.log(light + 1) < fence(np.log(light + 1))) & (light < DARKEST), fence(sharp)
        found = []
        for radius in RADII:
            changed = (one.filter(ImageFilter.GaussianBlur(radius)) for one in pictures[:BLURRED])
            found.append(np.mean([light_and_sharpness(preprocess.frame(one))[1] < line for one in changed]))
        cells = " | ".join(f"{share:.2f}" for share in found)
        print(f"| {name} | {dark.mean():.4f} | {(sharp < line).mean():.4f} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

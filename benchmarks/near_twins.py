"""What tells near twins from pictures of one kind. Prints two Markdown tables of correlations.

    python benchmarks/near_twins.py --data DIR

First between photographs of hymenoptera and the same ones changed; then how many pairs among at most 3,000 pictures of
each set correlate by more than a bar: by grey means on 16×16 places, and by the fine structure that is used.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

import headstart
from headstart.data.decode import decode, read_bytes
from headstart.data.twins import SIZE, signature

MOST, PHOTOGRAPHS = 3_000, 60
BARS = (0.8, 0.85, 0.9, 0.95)
SETS = ("brain-mri", "hymenoptera", "cifar10", "gtsrb", "tiny-imagenet")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    changed(args.data)
    print(f"\n| data | pictures | by | {' | '.join(f'{bar:g}' for bar in BARS)} |\n{'|-' * (len(BARS) + 3)}|")
    for name in SETS:
        chosen = some(args.data / name, MOST)
        for how, known in (("grey means", grey), ("fine structure", fine)):
            rows = np.stack([known(pixels) for pixels in map(read, chosen)])
            correlation = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
            counts = " | ".join(f"{(correlation > bar).sum():,}" for bar in BARS)
            print(f"| {name} | {len(rows):,} | {how} | {counts} |", flush=True)
    return 0


def changed(data: Path) -> None:
    photographs = [Image.fromarray(read(path)) for path in some(data / "hymenoptera", PHOTOGRAPHS)]
    print("| changed | least correlation | median |\n|-|-|-|")
    for name, change in CHANGES.items():
        found = [fine(np.asarray(p)) @ fine(np.asarray(change(p))) for p in photographs]
        print(f"| {name} | {min(found):.2f} | {np.median(found):.2f} |")


def some(folder: Path, most: int) -> list[str]:
    paths = headstart.load_data(str(folder)).dataset.paths
    drawn = np.random.default_rng(0).permutation(len(paths))[:most]
    return [paths[place] for place in np.sort(drawn)]


def read(path: str) -> np.ndarray:
    return decode(read_bytes(path))


def grey(pixels: np.ndarray) -> np.ndarray:
    image = Image.fromarray(pixels).resize((16, 16), Image.Resampling.BOX).convert("F")
    return unit(np.asarray(image).ravel())


def fine(pixels: np.ndarray) -> np.ndarray:
    return unit(np.frombuffer(signature(pixels), np.int8).astype(np.float32).reshape(SIZE))


def unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    return (centred / max(float(np.linalg.norm(centred)), 1e-6)).astype(np.float32)


def _jpeg(image: Image.Image) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=30)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG, quality 30": _jpeg,
    "half the size": lambda p: p.resize((p.width // 2, p.height // 2), Image.Resampling.BICUBIC),
    "100 pixels wide": lambda p: p.resize((100, max(1, 100 * p.height // p.width)), Image.Resampling.BICUBIC),
    "brighter by a fifth": lambda p: ImageEnhance.Brightness(p).enhance(1.2),
    "2 pixels trimmed": lambda p: p.crop((2, 2, p.width - 2, p.height - 2)),
    "a fiftieth trimmed": lambda p: p.crop(
        (p.width // 50, p.height // 50, p.width - p.width // 50, p.height - p.height // 50)
    ),
}


if __name__ == "__main__":
    raise SystemExit(main())

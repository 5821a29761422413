"""How well this machine trains convolutions of different shapes: forward and backward, bfloat16 where it has it.

    python benchmarks/frontier/convolutions.py

The ground for the shape of `small`: the same arithmetic costs many times more on small, wide maps than on middling
ones.
"""

from __future__ import annotations

import time

import torch

from headstart.cli.pages import keep_pages
from headstart.runtime.torch import precisions

BATCH, ROUNDS = 256, 4
# channels in and out, kernel, stride, groups, side of the map that comes in
SHAPES = (
    (3, 32, 3, 2, 1, 64),
    (3, 32, 5, 2, 1, 64),
    (32, 32, 3, 1, 1, 32),
    (32, 64, 3, 2, 1, 32),
    (64, 64, 3, 1, 1, 16),
    (128, 128, 3, 1, 1, 8),
    (256, 256, 3, 1, 1, 4),
    (256, 1024, 1, 1, 1, 4),
    (512, 512, 3, 1, 1, 4),
    (512, 512, 3, 1, 1, 2),
    (1024, 1024, 3, 1, 1024, 4),
)


def main() -> int:
    keep_pages()
    bf16 = "bf16" in precisions("cpu")
    print("| channels | kernel | map | forward ms | backward ms | GFLOP a second |\n|-|-|-|-|-|-|")
    for inputs, outputs, kernel, stride, groups, side in SHAPES:
        layer = torch.nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        layer = layer.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        x = torch.randn(BATCH, inputs, side, side).contiguous(memory_format=torch.channels_last)
        x = x.requires_grad_(inputs > 3)
        forward, backward = min((_once(layer, x, bf16) for _ in range(ROUNDS)), key=sum)
        products = layer.weight.numel() * (side // stride) ** 2 * BATCH
        rate = 2 * products * (3 if inputs > 3 else 2) / (forward + backward) / 1e9
        shape = f"{inputs} → {outputs}{f', {groups} groups' if groups > 1 else ''}"
        times = f"{1e3 * forward:.1f} | {1e3 * backward:.1f}"
        print(f"| {shape} | {kernel}×{kernel} | {side}×{side} | {times} | {rate:,.0f} |", flush=True)
    return 0


def _once(layer: torch.nn.Module, x: torch.Tensor, bf16: bool) -> tuple[float, float]:
    """Seconds of one forward and one backward pass."""
    began = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        out = layer(x)
    middle = time.perf_counter()
    out.backward(torch.ones_like(out))
    return middle - began, time.perf_counter() - middle


if __name__ == "__main__":
    raise SystemExit(main())

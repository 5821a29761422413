"""small as OpenVINO operations; headstart.backbone.small is the torch module."""

from __future__ import annotations

from collections.abc import Iterator

from headstart.runtime.built.layers import LOGITS, Layers, Tensor


def small(net: Layers, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """float32 [B, 3, S, S] → every cut, in order, then the logits [B, C]."""
    x = _convolution(net, x, "stem", 2)
    yield "stem", x
    x = _basic(net, x, "stage1")
    yield "stage1", x
    for stage in ("stage2", "stage3"):
        x = _basic(net, _basic(net, x, f"{stage}.0", 2), f"{stage}.1")
        yield stage, x
    x = _basic(net, x, "stage4", 2)
    yield "stage4", x
    x = net.relu(net.normalised(net.linear(net.mean(x), "widen.1"), "widen.2"))
    yield "pre_logits", x
    yield LOGITS, net.linear(x, "classifier")


def _convolution(net: Layers, x: Tensor, name: str, stride: int = 1, *, active: bool = True) -> Tensor:
    x = net.normalised(net.convolution(x, f"{name}.0", stride), f"{name}.1")
    return net.relu(x) if active else x


def _basic(net: Layers, x: Tensor, name: str, stride: int = 1) -> Tensor:
    """Two 3×3 convolutions beside a shortcut."""
    branch = _convolution(net, x, f"{name}.conv1", stride)
    branch = _convolution(net, branch, f"{name}.conv2", active=False)
    if stride > 1:
        x = _convolution(net, net.averaged(x, stride), f"{name}.shortcut.1", active=False)
    return net.relu(net.added(branch, x))

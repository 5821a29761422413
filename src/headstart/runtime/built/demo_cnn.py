"""demo-cnn as OpenVINO operations; headstart.backbone.demo_cnn is the torch module."""

from __future__ import annotations

from collections.abc import Iterator

from headstart.runtime.built.layers import LOGITS, Layers, Tensor


def demo_cnn(net: Layers, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """float32 [B, 3, S, S] → every cut, in order, then the logits [B, C]; from fc1 on S is 64."""
    for name, stride in (("conv1", 2), ("conv2", 1), ("conv3", 1)):
        x = net.largest(net.convolution(x, f"{name}.0", stride), 2)
        x = net.relu(net.normalised(x, f"{name}.2"))
        yield name, x
    x = net.relu(net.linear(net.flat(x), "fc1.1"))
    yield "fc1", x
    x = net.relu(net.linear(x, "fc2.1"))
    yield "pre_logits", x
    yield LOGITS, net.linear(x, "fc3")

"""EfficientNet-Lite0 as OpenVINO operations, under the names of timm's `tf_efficientnet_lite0`.

Tan & Le 2019, without squeeze-and-excitation and with ReLU6 (Liu 2020), padded and normalised as TensorFlow does.
"""

from __future__ import annotations

from collections.abc import Iterator

from headstart.backbone.lite0 import REPEATS
from headstart.runtime.built.layers import LOGITS, Layers, Tensor

_EPSILON = 1e-3
_STRIDES = (2, 2, 2, 1, 2, 1)  # of the first block of each group of inverted bottlenecks


def efficientnet_lite(net: Layers, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """float32 [B, 3, S, S] → what every group of blocks puts out, what enters the classifier, and the logits [B, C]."""
    x = _active(net, net.convolution(x, "conv_stem", 2, same=True), "bn1")
    x = _separable(net, x, "blocks.0.0")
    yield "blocks.0", x
    for group, (count, stride) in enumerate(zip(REPEATS[1:], _STRIDES, strict=True), start=1):
        for block in range(count):
            x = _bottleneck(net, x, f"blocks.{group}.{block}", 1 if block else stride)
        yield f"blocks.{group}", x
    x = net.mean(_active(net, net.convolution(x, "conv_head"), "bn2"))
    yield "pre_logits", x
    yield LOGITS, net.linear(x, "classifier")


def _active(net: Layers, x: Tensor, name: str) -> Tensor:
    return net.relu6(net.normalised(x, name, _EPSILON))


def _separable(net: Layers, x: Tensor, name: str) -> Tensor:
    """A depthwise convolution, then one over channels; it puts out fewer than it takes: no shortcut."""
    x = _active(net, net.convolution(x, f"{name}.conv_dw", depthwise=True), f"{name}.bn1")
    return net.normalised(net.convolution(x, f"{name}.conv_pw"), f"{name}.bn2", _EPSILON)


def _bottleneck(net: Layers, x: Tensor, name: str, stride: int) -> Tensor:
    """Wider, depthwise, narrower again (Sandler et al. 2018), beside a shortcut where the shape stays."""
    inside = _active(net, net.convolution(x, f"{name}.conv_pw"), f"{name}.bn1")
    inside = net.convolution(inside, f"{name}.conv_dw", stride, same=True, depthwise=True)
    inside = net.convolution(_active(net, inside, f"{name}.bn2"), f"{name}.conv_pwl")
    inside = net.normalised(inside, f"{name}.bn3", _EPSILON)
    return net.added(inside, x) if inside.partial_shape == x.partial_shape else inside

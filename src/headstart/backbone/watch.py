"""Where a network that says nothing of itself may be cut: found by watching one pass on the meta device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import nn


def default_cuts(module: nn.Module, head: str, size: int) -> tuple[str, ...]:
    """The last map-valued block at each resolution, for inputs of `size` pixels a side.

    Blocks are the network's children and the children of its sequences: what an author lists, not the insides
    of a block. What holds the classifier `head` is none.
    """
    around = head.rpartition(".")[0] or head
    ends = {
        shape[2]: name
        for name, shape in shapes(module, _blocks(module), size).items()
        if len(shape) == 4 and shape[2] > 1 and name != around and not name.startswith(around + ".")
    }
    return tuple(ends.values())


def shapes(
    module: nn.Module, watched: Iterable[tuple[str, nn.Module]], size: int
) -> dict[str, tuple[int, ...]]:
    """Name → shape of what that part of `module` first put out, in the order in which the parts ran.

    Raises RuntimeError and what else the network does where it does not take `size`.
    """
    found: dict[str, tuple[int, ...]] = {}
    handles = []
    for name, part in watched:

        def note(_: nn.Module, __: tuple, output: object, name: str = name) -> None:
            if isinstance(output, torch.Tensor):
                found.setdefault(name, tuple(output.shape))

        handles.append(part.register_forward_hook(note))
    tensors = {key: value.to("meta") for key, value in module.state_dict(keep_vars=True).items()}
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            torch.func.functional_call(module, tensors, (torch.empty(1, 3, size, size, device="meta"),))
    finally:
        module.train(training)
        for handle in handles:
            handle.remove()
    return found


def _blocks(module: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    for name, child in module.named_children():
        path = f"{prefix}{name}"
        yield path, child
        if isinstance(child, nn.Sequential):
            yield from _blocks(child, path + ".")

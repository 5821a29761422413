"""Anatomy of a network: where it can be cut, and which parameters belong to which stage.

Everything is read off one forward pass on the meta device, where shapes flow and no arithmetic is done.
A parameter belongs to the first tap whose output depends on it (autograd reachability); one that no tap
depends on belongs to the head. A buffer follows the module it lives in.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from headstart.backbone.backbone import HEAD, PRE_LOGITS, Stage
from headstart.backbone.taps import captured, first_tensor
from headstart.errors import BackboneError


@dataclass(frozen=True)
class Anatomy:
    """stages from input to output; owners: parameter or buffer name → stage name or "head";
    outputs: S of the source head, 0 where the classifier was not reached; trouble: why it was not."""

    stages: tuple[Stage, ...]
    owners: dict[str, str]
    outputs: int
    trouble: str


def dissect(module: nn.Module, taps: Sequence[str], head: str, size: int) -> Anatomy:
    """Runs `module` once on the meta device at `size` pixels and reads its anatomy.

    taps: names of modules whose outputs are cuts; the classifier `head` adds "pre_logits". Taps that the pass
    does not reach before the network refuses the size are left out. Raises BackboneError where none is reached.
    """
    names = [(tap, tap) for tap in taps] + [(PRE_LOGITS, head)]
    for tap in taps:
        _require(module, tap, taps)
    meta = _meta_tensors(module)
    order: dict[str, int] = {}
    x = torch.empty(2, 3, size, size, device="meta")
    trouble, logits = "", None
    with captured(module, names) as caught, _first_runs(module, caught, order):
        try:
            logits = first_tensor(torch.func.functional_call(module, meta, (x,)))
        except (RuntimeError, AssertionError, ValueError) as error:
            trouble = str(error).strip().split("\n")[0]
    if not caught:
        raise BackboneError(f"the network does not run at {size} px ({trouble}); choose another --image-size")
    owners = _owners(module, meta, caught, order)
    stages = tuple(_stage(name, dict(names)[name], x, size, owners, meta) for name, x in caught.items())
    scores = any(True for _ in module.get_submodule(head).parameters())  # an Identity scores nothing
    outputs = logits.flatten(1).shape[1] if scores and logits is not None and PRE_LOGITS in caught else 0
    return Anatomy(stages, owners, outputs, trouble)


def _require(module: nn.Module, tap: str, taps: Sequence[str]) -> None:
    """Raises BackboneError where the network has no module `tap`, with those of `taps` that it has."""
    known = dict(module.named_modules())
    if tap in known and tap:
        return
    near = [name for name in known if name.split(".")[-1] == tap.split(".")[-1]]
    near = near or difflib.get_close_matches(tap, known, n=3)
    hint = f"; did you mean {' or '.join(near[:3])}?" if near else ""
    usual = ", ".join([*(name for name in taps if name in known), PRE_LOGITS])
    raise BackboneError(
        f"cut {tap!r}: the network has no module of that name{hint or ';'} its own cuts are {usual}"
    )


def _meta_tensors(module: nn.Module) -> dict[str, torch.Tensor]:
    tensors = {name: p.detach().to("meta").requires_grad_() for name, p in module.named_parameters()}
    tensors.update({name: b.detach().to("meta") for name, b in module.named_buffers()})
    return tensors


class _first_runs:
    """While open, notes for each module how many taps had been captured when it first ran."""

    def __init__(self, module: nn.Module, caught: dict, order: dict[str, int]) -> None:
        self.module, self.caught, self.order = module, caught, order
        self.handles: list = []

    def __enter__(self) -> None:
        for name, child in self.module.named_modules():

            def before(_: nn.Module, __: tuple, name: str = name) -> None:
                self.order.setdefault(name, len(self.caught))

            self.handles.append(child.register_forward_pre_hook(before))

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()


def _reachable(tensor: torch.Tensor) -> Iterator[int]:
    """ids of the leaf tensors that `tensor` depends on."""
    seen, stack = set(), [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if variable is not None:
            yield id(variable)
        stack.extend(parent for parent, _ in node.next_functions)


def _owners(
    module: nn.Module, meta: dict[str, torch.Tensor], caught: dict[str, torch.Tensor], order: dict[str, int]
) -> dict[str, str]:
    by_id = {id(meta[name]): name for name, _ in module.named_parameters()}
    owners: dict[str, str] = {}
    for stage, tensor in caught.items():
        for leaf in _reachable(tensor):
            owners.setdefault(by_id[leaf], stage)
    for name, _ in module.named_parameters():
        owners.setdefault(name, HEAD)
    ranks = {stage: rank for rank, stage in enumerate([*caught, HEAD])}
    for name, _ in module.named_buffers():
        owners[name] = _buffer_owner(name, owners, ranks, order)
    return owners


def _buffer_owner(name: str, owners: dict[str, str], ranks: dict[str, int], order: dict[str, int]) -> str:
    """The stage of the parameters beside it; without any, the stage in which its module first ran."""
    holder = name.rpartition(".")[0]
    beside = [o for key, o in owners.items() if key.rpartition(".")[0] == holder and key != name]
    if beside:
        return min(beside, key=lambda stage: ranks[stage])
    names = list(ranks)
    return names[min(order.get(holder, len(names) - 1), len(names) - 1)]


def _stage(
    name: str, tap: str, x: torch.Tensor, size: int, owners: dict[str, str], meta: dict[str, torch.Tensor]
) -> Stage:
    layout, channels, side = _layout(tuple(x.shape))
    count = sum(meta[p].numel() for p, owner in owners.items() if owner == name and meta[p].requires_grad)
    return Stage(name, tap, channels, layout, size // side if side else 0, count)


def _layout(shape: tuple[int, ...]) -> tuple[str, int, int]:
    """Shape of a tapped output → (layout, channels, side in places; 0 for vectors and tokens).

    Inputs are square, so the two equal sides of a map tell NCHW from NHWC; a 1×1 map is a vector.
    """
    if len(shape) == 2:
        return "NC", shape[1], 0
    if len(shape) == 3:
        return "NLC", shape[2], 0
    if len(shape) != 4:
        raise BackboneError(f"a cut of shape {shape} is neither a map, tokens nor a vector; choose another")
    if shape[2] == shape[3]:
        return ("NC", shape[1], 0) if shape[2] == 1 else ("NCHW", shape[1], shape[2])
    return "NHWC", shape[3], shape[1]

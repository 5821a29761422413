"""Surgery: from a plan's stage table to a network. Slice, replace, randomise, freeze, and keep frozen.

Frozen means frozen: a frozen stage's parameters ask for no gradient and enter no optimizer, and its modules stay
in eval mode through every `.train()`, so that batch normalisation's running statistics do not move either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import nn

from headstart.backbone import Backbone, build
from headstart.backbone.taps import Tapped
from headstart.heads.head import Head
from headstart.heads.perceptron import hidden_width
from headstart.planning.plan import Plan
from headstart.training.optimizers import ParameterGroup


class HeadedNetwork(nn.Module):
    """Trunk up to the cut, pooling, head: float32 [B, 3, S, S] → logits [B, C].

    `frozen` names the parameters and buffers of frozen stages, as the trunk's module knows them.
    """

    def __init__(self, trunk: Tapped, head: nn.Module, frozen: frozenset[str]) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self._resting = _resting_modules(trunk.module, frozen)
        for name, parameter in trunk.module.named_parameters():
            parameter.requires_grad_(name not in frozen)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat(self.trunk(x), dim=1))

    def train(self, mode: bool = True) -> HeadedNetwork:
        """As nn.Module.train, but frozen stages stay in eval mode."""
        super().train(mode)
        for name in self._resting:
            self.trunk.module.get_submodule(name).eval()
        return self


def operate(plan: Plan, backbone: Backbone, n_classes: int) -> HeadedNetwork:
    """The network that `plan` describes, with a randomly initialised head of `n_classes` logits.

    Stages above the cut and the old classifier are gone: they hold no parameters in the result.
    Raises PlanError where the table does not hold for the network, WeightsError, OfflineError.
    """
    plan.validate(backbone.stage_names)
    kept = {row.stage: row for row in plan.rows}
    module = build(backbone, pretrained=not plan.from_scratch, seed=plan.seed)
    if not plan.from_scratch and any(row.init == "random" for row in plan.rows):
        fresh = build(backbone, pretrained=False, seed=plan.seed)
        _copy(
            fresh, module, [n for n, s in backbone.owners.items() if s in kept and kept[s].init == "random"]
        )
    return assemble(plan, backbone, module, n_classes)


def assemble(plan: Plan, backbone: Backbone, module: nn.Module, n_classes: int) -> HeadedNetwork:
    """A classifier around `module`, whatever its weights: sliced at the plan's cut, frozen as the plan says."""
    kept = {row.stage: row for row in plan.rows}
    # A classifier that the weights came without has no owner, and is there again where the network is made anew.
    ownerless = [name for name in module.state_dict() if name not in backbone.owners]
    _drop(module, [*ownerless, *(name for name, stage in backbone.owners.items() if stage not in kept)])
    frozen = frozenset(n for n, stage in backbone.owners.items() if stage in kept and kept[stage].frozen)
    stages = [stage for stage in backbone.stages if stage.name in plan.cut]
    width = sum(stage.width(plan.pool) for stage in stages)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        head = linear_head(width, n_classes, plan.head_layers)
    return HeadedNetwork(Tapped(module, stages, plan.pool), head, frozen)


# A head solved on the pictures that training goes on with is surer of them than of any others, which leaves little to
# learn from: training starts with its directions, and with so much of its scores.
SOFTENED = 0.1


def linear_head(width: int, n_classes: int, layers: int) -> nn.Module:
    """A randomly initialised head of 1 or 2 linear layers with ReLU between."""
    if layers == 1:
        return nn.Linear(width, n_classes)
    hidden = hidden_width(n_classes)
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, n_classes))


def implant(head: Head, module: nn.Module, *, scale: float = 1.0) -> None:
    """Copies a solved head's weights into a torch head of the same shape, its scores times `scale`."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, head.layers, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
        layers[-1].weight.mul_(scale)
        layers[-1].bias.mul_(scale)


def extract(module: nn.Module) -> Head:
    """The numpy form of a torch head."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    return Head(tuple((_numpy(layer.weight), _numpy(layer.bias)) for layer in layers))


def parameter_groups(network: HeadedNetwork, plan: Plan, backbone: Backbone) -> list[ParameterGroup]:
    """One per trained rate and kind; frozen stages are in none.

    Vectors (biases, normalisation) are not decayed. The head comes last, at scale 1, as the classifier.
    """
    scales = {row.stage: row.lr_scale for row in plan.rows}
    groups: dict[tuple[float, bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.trunk.module.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((scales[backbone.owners[name]], parameter.ndim > 1, False), []).append(
                parameter
            )
    for parameter in network.head.parameters():
        groups.setdefault((1.0, parameter.ndim > 1, True), []).append(parameter)
    return [ParameterGroup(params, *kind) for kind, params in groups.items()]


def _numpy(tensor: torch.Tensor):
    return tensor.detach().cpu().float().numpy().copy()


def _tensors(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()


def _copy(source: nn.Module, target: nn.Module, names: list[str]) -> None:
    values: Mapping[str, torch.Tensor] = dict(_tensors(source))
    own = dict(_tensors(target))
    with torch.no_grad():
        for name in names:
            own[name].copy_(values[name])


def _drop(module: nn.Module, names: list[str]) -> None:
    """Takes parameters and buffers out of the network; what is left of their modules is never run."""
    for name in names:
        holder, _, leaf = name.rpartition(".")
        owner = module.get_submodule(holder)
        store = owner._parameters if leaf in owner._parameters else owner._buffers
        store[leaf] = None


def _resting_modules(module: nn.Module, frozen: frozenset[str]) -> list[str]:
    """The outermost modules all of whose tensors are frozen, and single modules whose own tensors are."""
    resting: list[str] = []

    def visit(name: str, node: nn.Module) -> None:
        prefix = f"{name}." if name else ""
        tensors = [prefix + key for key, _ in _tensors(node)]
        if tensors and all(key in frozen for key in tensors):
            resting.append(name)
            return
        for child, below in node.named_children():
            visit(prefix + child, below)

    visit("", module)
    return resting

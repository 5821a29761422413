"""Which weights go by which optimizer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from headstart.planning.recipe import Recipe
from headstart.training.optimizers import ParameterGroup, optimizer


def _groups(network: nn.Module) -> list[ParameterGroup]:
    first, last = network[0], network[-1]
    return [
        ParameterGroup([first.weight]),
        ParameterGroup([last.weight], classifier=True),
        ParameterGroup([first.bias, last.bias], decay=False),
    ]


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))


def _step(network: nn.Sequential, recipe: Recipe) -> torch.optim.Optimizer:
    made = optimizer(list(_groups(network)), recipe)
    nn.functional.cross_entropy(network(torch.randn(8, 6)), torch.arange(8) % 3).backward()
    made.step()
    return made


def test_muon_steps_are_orthogonal_for_matrices_only():
    network = _network()
    before, top = network[0].weight.detach().clone(), network[2].weight.detach().clone()
    _step(network, Recipe(optimizer="muon", lr=0.1, weight_decay=0.0))
    values = torch.linalg.svdvals(network[0].weight.detach() - before)
    assert values.max() / values.min() < 2  # five Newton-Schulz steps come near, not all the way
    # The classifier's first AdamW step has the rate's length in every weight.
    assert torch.allclose((network[2].weight.detach() - top).abs(), torch.full((3, 5), 0.1), rtol=1e-2)


def test_sgd_steps_ahead_of_its_momentum():
    """Nesterov's: the first step is 1.9 gradients long, the second of the same gradient 2.71."""
    weight = nn.Parameter(torch.zeros(2, 3))
    made = optimizer([ParameterGroup([weight], decay=False)], Recipe(optimizer="sgd", lr=0.1))
    for expected in (0.19, 0.19 + 0.271):
        weight.grad = torch.ones(2, 3)
        made.step()
        assert torch.allclose(weight.detach(), torch.full((2, 3), -expected))


@pytest.mark.parametrize("name", ["adamw", "sgd", "muon"])
def test_vectors_are_not_decayed(name):
    made = _step(_network(), Recipe(optimizer=name, weight_decay=0.3))
    decays = {id(p): group["weight_decay"] for group in made.param_groups for p in group["params"]}
    for group in made.param_groups:
        for parameter in group["params"]:
            assert decays[id(parameter)] == (0.3 if parameter.ndim > 1 else 0.0)

"""Where networks are while they look at pictures: on the accelerator, in training and in every prediction after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from headstart import assess
from headstart.model import Model
from headstart.planning import cases
from headstart.runtime import Execution, hardware
from headstart.source.pretrain import RECIPE, pretrain
from headstart.study import compare, contenders
from headstart.study.contenders import SCRATCH
from headstart.training.fit import fit
from headstart.training.task import Settings

ON_IT = Execution(device="cuda", copies="fp32", keep="none")
SETTINGS = Settings(device="cuda")
PROBE = "probe at pre_logits"


@dataclass
class Accelerator:
    """A device called "cuda" whose memory is the processor's: modules that were moved to it say so.

    Pictures that networks were shown, counted at the convolution that takes them in: in training and in eval mode on
    it, and elsewhere.
    """

    learnt: int = 0
    named: int = 0
    elsewhere: int = 0

    def shown(self, module: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if not isinstance(module, nn.Conv2d) or module.in_channels != 3 or given[0].is_meta:
            return
        if place(module) != "cuda":
            self.elsewhere += len(given[0])
        elif module.training:
            self.learnt += len(given[0])
        else:
            self.named += len(given[0])


def place(module: nn.Module) -> str:
    return module.__dict__.get("place", "cpu")


@pytest.fixture
def accelerator(monkeypatch) -> Iterator[Accelerator]:
    found, move, send = Accelerator(), nn.Module.to, torch.Tensor.to

    def moved(self: nn.Module, *args, **options) -> nn.Module:
        device, dtype, _, layout = torch._C._nn._parse_to(*args, **options)
        for module in self.modules() if device is not None else ():
            module.__dict__["place"] = device.type
        return move(self, dtype=dtype, memory_format=layout) if dtype or layout else self

    def sent(self: torch.Tensor, *args, **options) -> torch.Tensor:
        return self if torch.device("cuda") in args else send(self, *args, **options)

    monkeypatch.setattr(nn.Module, "to", moved)
    monkeypatch.setattr(torch.Tensor, "to", sent)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a stand-in")
    monkeypatch.setattr(hardware, "accelerators", lambda: ("cuda",))
    monkeypatch.setattr(hardware, "precisions", lambda runtime, device: ("fp32",))
    hook = register_module_forward_pre_hook(found.shown)
    yield found
    hook.remove()


def test_a_training_names_selection_and_report_pictures_where_it_learnt(
    demo, planned, shapes, accelerator
) -> None:
    dataset, parts = shapes
    plan = planned(demo, 3, fallback="none", recipe={"precision": "fp32"})
    fitted = fit(plan, demo, *shapes, execution=ON_IT, settings=SETTINGS)
    assert accelerator.learnt > 0
    assert {place(module) for module in fitted.module.modules()} == {"cpu"}  # where networks are kept
    before = accelerator.named
    assess.evaluate(Model.of(fitted), dataset, parts.report, parts.report_name, execution=ON_IT)
    assert accelerator.named - before == len(parts.report)
    assert accelerator.elsewhere == 0


def test_a_comparison_names_its_pictures_where_it_learnt(demo, shapes, tmp_path, accelerator) -> None:
    recipe = {"epochs": 1, "batch_size": 16, "precision": "fp32"}
    chosen = [c for c in contenders(demo, cut="conv2", n=48, recipe=recipe) if c.name in (PROBE, SCRATCH)]
    assert len(chosen) == 2
    compare(chosen, cases.make(1, demo), demo, *shapes, tmp_path, execution=ON_IT, settings=SETTINGS)
    assert accelerator.learnt > 0
    assert accelerator.elsewhere == 0


def test_a_source_network_is_proven_where_it_learnt(shapes, tmp_path, accelerator) -> None:
    recipe = replace(RECIPE, epochs=1, batch_size=16, optimizer="adamw", precision="fp32")
    options = {"name": "shapes", "network": "demo-cnn", "image_size": 64, "recipe": recipe}
    pretrain(*shapes, tmp_path / "network", settings=SETTINGS, **options)
    report = len(shapes[1].report)
    assert accelerator.learnt > 0
    assert accelerator.named == 2 * report  # for its accuracy, and for the source's statistics
    assert accelerator.elsewhere == 0

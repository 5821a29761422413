"""The strategies that are held against each other, each as a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from headstart.backbone.backbone import Backbone
from headstart.errors import PlanError
from headstart.evidence.verdict import SCRATCH, TUNED
from headstart.extraction.cuts import cut_names
from headstart.planning import cases
from headstart.planning.plan import Plan
from headstart.planning.recipe import Recipe, overruled

# Each trained contender is trained with each of these peak rates, and selection pictures choose between them.
RATES = (5e-4, 2e-3)
BATCH = 32
# Pictures that each training sees: enough for a few hundred pictures to be learnt, and a few passes over thousands.
SEEN, FEWEST_EPOCHS = 8_000, 5


# Each name says what head fine-tuning starts from: a random one, the one solved at the top, or at a lower cut.
RANDOM_HEAD, PROBE_FIRST, CUT_FIRST = "random head, then fine-tune", TUNED, "cut, then fine-tune"
ALL_CUTS = "probe at all cuts"


@dataclass(frozen=True)
class Contender:
    """name: what it is called in tables; plan: what it does, a trained one at the first of RATES."""

    name: str
    plan: Plan

    @property
    def trained(self) -> bool:
        """Whether any stage learns."""
        return not self.plan.frozen


def contenders(
    backbone: Backbone,
    *,
    cut: str,
    n: int,
    seed: int = 0,
    class_weight: str = "none",
    runtime: str = "auto",
    precision: str = "fp32",
    recipe: Mapping[str, Any] | None = None,
) -> tuple[Contender, ...]:
    """Probes at every cut and at all of them, then up to four trainings with one and the same recipe.

    cut: the lower cut up to which the network is also fine-tuned, from the head solved there; n: pictures that are
    trained on, from which the epochs follow. RANDOM_HEAD is fine-tuning as the lesson has it. `recipe` overrules single
    values, but not the rate. Raises PlanError, BackboneError for an unknown cut.
    """
    common = {"seed": seed, "class_weight": class_weight, "runtime": runtime, "precision": precision}
    names, top = backbone.stage_names, backbone.top.name
    probes = [Contender(probe_name(name), _probe(backbone, name, common)) for name in names]
    if len(names) > 1:
        probes.append(Contender(ALL_CUTS, _probe(backbone, "+".join(names), common)))
    chosen = budget(n, recipe)
    full = replace(cases.make(3, backbone, fallback="none", **common), recipe=chosen)
    scratch = replace(cases.make(4, backbone, fallback="none", **common), recipe=chosen)
    trained = [
        Contender(RANDOM_HEAD, replace(full, head_init="random")),
        Contender(PROBE_FIRST, full),
        Contender(SCRATCH, scratch),
    ]
    if cut != top:
        lower = replace(cases.make(3, backbone, cut=cut, fallback="none", **common), recipe=chosen)
        trained.insert(0, Contender(CUT_FIRST, lower))
    return (*probes, *trained)


def probe_name(cut: str) -> str:
    return f"probe at {cut}"


def _probe(backbone: Backbone, cut: str, common: Mapping[str, Any]) -> Plan:
    """Case 1 where every stage is kept, else case 2."""
    return cases.make(1 if backbone.top.name in cut_names(cut) else 2, backbone, cut=cut, **common)


def budget(n: int, changes: Mapping[str, Any] | None = None) -> Recipe:
    """One recipe for every training: SEEN pictures, or FEWEST_EPOCHS passes over n where that is more."""
    if (changes or {}).get("lr") is not None:
        raise PlanError(
            f"compare: every training is tried at {' and '.join(map(str, RATES))}; leave --lr out"
        )
    epochs = max(FEWEST_EPOCHS, math.ceil(SEEN / max(n, 1)))
    return overruled(Recipe(epochs=epochs, lr=RATES[0], batch_size=BATCH), changes or {})

"""inspect(): a network's stages and cuts, with what a plan makes of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.errors import PlanError
from headstart.job.named import look_up_drawn, lower_cuts, outline_network

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.job.options import Options
    from headstart.planning.plan import Plan


@dataclass(frozen=True, repr=False)
class Inspected:
    """The network, the plan that is drawn on it, and the number of new classes, where known."""

    backbone: Backbone
    plan: Plan | None = None
    classes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        network = self.backbone
        return {
            "name": network.name,
            "weights_sha256": network.weights_sha256 or None,
            "source": {"dataset": network.source.dataset, "classes": network.source.num_classes},
            "preprocess": network.preprocess.to_dict(),
            "stages": [asdict(stage) for stage in network.stages],
            "plan": None if self.plan is None else asdict(self.plan),
        }

    def __repr__(self) -> str:
        return f"Inspected({self.backbone.name}, {len(self.backbone.stages)} stages)"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def __str__(self) -> str:
        """The drawing, as the terminal shows it."""
        from headstart.report import terminal as drawing

        return drawing.draw(self.plan, self.backbone, self.classes).rstrip("\n")


def inspect(options: Options) -> Inspected:
    """The network called options.backbone, with the plan or case that is asked for. Raises BackboneError, PlanError."""
    from headstart.planning import cases

    if options.plan:
        named = look_up_drawn(options)
        return Inspected(named.backbone, named.plan)
    if options.cut and not options.case:
        raise PlanError("--cut: says where a case slices; add --case")
    network = outline_network(options)
    if not options.case:
        return Inspected(network)
    cut = options.cut or _cut(options.case, network)
    return Inspected(network, cases.make(options.case, network, cut=cut))


def _cut(case: int, network: Backbone) -> str | None:
    """Where a case that is drawn without a cut slices, and what is to be said of it. Raises PlanError."""
    if case != 2:
        return None
    lower = lower_cuts(network)
    cut = lower[len(lower) // 2]
    progress.say(f"case 2: drawn with a cut at {cut}; where it cuts is measured by `headstart plan`")
    return cut

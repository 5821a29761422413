"""inspect(): a network's stages and cuts, with what a plan makes of them, and what they answer to on pictures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.errors import OptionError, PlanError
from headstart.job import layers
from headstart.job.named import load_network, look_up_drawn, lower_cuts, outline_network

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.job.options import Options
    from headstart.model import Model
    from headstart.planning.plan import Plan
    from headstart.report.page import Page
    from headstart.seeing.look import Looked


@dataclass(frozen=True, repr=False)
class Inspected:
    """The network, the plan that is drawn on it, and the number of new classes, where known.

    looked: what its stages answer to, where pictures were given; command: the command line, as it is to be shown.
    """

    backbone: Backbone
    plan: Plan | None = None
    classes: int | None = None
    looked: Looked | None = None
    command: str = ""

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
            "layers": None if self.looked is None else self.looked.layers.to_dict(),
        }

    def __repr__(self) -> str:
        return f"Inspected({self.backbone.name}, {len(self.backbone.stages)} stages)"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>" if self.looked is None else self.page()._repr_html_()

    def __str__(self) -> str:
        """The drawing, as the terminal shows it."""
        from headstart.report import terminal as drawing

        return drawing.draw(self.plan, self.backbone, self.classes).rstrip("\n")

    def svg(self) -> str:
        """The drawing as a file of its own, from the input picture to the output."""
        from headstart.report import whole

        return whole.drawn(self.plan, self.backbone, self.classes)

    def page(self) -> Page:
        """What the stages answer to, as one HTML file. Raises OptionError where no pictures were given."""
        from headstart.report import layers as drawn

        if self.looked is None:
            raise OptionError("page: no pictures were looked at; give inspect() an image, data, or both")
        return drawn.page(self.looked, self.backbone, self.plan, self.classes, self.command)


def inspect(options: Options) -> Inspected:
    """The network called options.backbone, with the plan or case asked for, looked at with the pictures that are given.

    Raises BackboneError, PlanError; DataError, PictureError where pictures are given.
    """
    found = _drawn(options)
    if not layers.wanted(options):
        return found
    weighed = _with_weights(options, found)
    return _looked(options, weighed, layers.look(options, weighed.backbone, weighed.plan))


def inspect_model(options: Options, model: Model) -> Inspected:
    """As inspect(), of a bundle's network and its own plan."""
    found = Inspected(model.backbone, model.plan, len(model.classes))
    if not layers.wanted(options):
        return found
    return _looked(options, found, layers.look(options, model.backbone, model.plan, model))


def _looked(options: Options, found: Inspected, looked: Looked) -> Inspected:
    known = found.classes or len(looked.layers.classes) or None
    return replace(found, classes=known, looked=looked, command=options.command)


def _drawn(options: Options) -> Inspected:
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


def _with_weights(options: Options, found: Inspected) -> Inspected:
    """The same network with its weights, which are what is looked at: downloaded where they do not lie here."""
    if found.backbone.weights_sha256:
        return found
    asked = replace(options, cut=found.backbone.stage_names[:-1])
    return replace(found, backbone=load_network(asked, name=found.backbone.name))


def _cut(case: int, network: Backbone) -> str | None:
    """Where a case that is drawn without a cut slices, and what is to be said of it. Raises PlanError."""
    if case != 2:
        return None
    lower = lower_cuts(network)
    cut = lower[(len(lower) - 1) // 2]
    progress.say(f"case 2: drawn with a cut at {cut}; where it cuts is measured by `headstart plan`")
    return cut

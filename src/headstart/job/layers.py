"""What the layers answer to, on the user's pictures: the pictures read, the network made ready, looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headstart.errors import BackboneError, DataError
from headstart.job.prepare import execution_of, load_pictures, say_levels

if TYPE_CHECKING:
    from headstart.backbone import Backbone, Stage
    from headstart.data import Dataset
    from headstart.job.options import Options
    from headstart.model import Model
    from headstart.planning.plan import Plan
    from headstart.runtime import Resolved, Runtime, Trunk
    from headstart.seeing.look import Looked

MOST = 400  # pictures that are looked at where nothing else is asked for


def wanted(options: Options) -> bool:
    """Whether there is anything to look at."""
    return options.path != "" or options.image is not None


def look(
    options: Options, backbone: Backbone, plan: Plan | None = None, model: Model | None = None
) -> Looked:
    """Looks at the stages of a network, or of a bundle's trunk, with pictures that train, one picture, or both.

    Raises DataError, PictureError, BackboneError.
    """
    from headstart.runtime import resolve
    from headstart.seeing import look as room
    from headstart.seeing.feature_maps import FeatureMaps

    _check_stages(options, backbone)
    dataset, backbone = _pictures(options, backbone)
    how = resolve(execution_of(options, plan), precision="fp32")
    trunk, stages, runtime = _ready(backbone, model, how)
    return room.look(
        FeatureMaps(backbone, stages, runtime, how),
        dataset,
        options.image,
        stages=options.stage,
        trunk=trunk,
        seed=options.seed or 0,
    )


def _check_stages(options: Options, backbone: Backbone) -> None:
    for name in options.stage:
        if name not in backbone.stage_names:
            raise BackboneError(
                f"--stage {name}: {backbone.name} has no such stage; it has {', '.join(backbone.stage_names)}"
            )


def _pictures(options: Options, backbone: Backbone) -> tuple[Dataset | None, Backbone]:
    """(a sample of the training pictures, None without data; the network with the range of their deep greys)"""
    from headstart import data
    from headstart.data.split import sample

    if options.path == "":
        return None, backbone
    intake = load_pictures(options, backbone)
    dataset = intake.dataset
    train = data.partition(dataset, seed=options.seed or 0).train
    backbone = backbone.with_levels_of(dataset, train)
    say_levels(intake, backbone.preprocess.levels)
    index = train[sample(dataset.labels[train], options.most or MOST, options.seed or 0)]
    if not len(index):
        raise DataError(f"{options.data}: no training pictures to look at")
    return dataset.take(index), backbone


def _ready(
    backbone: Backbone, model: Model | None, how: Resolved
) -> tuple[Trunk | None, tuple[Stage, ...], Runtime]:
    """(the trunk, where it is made here; its stages; what runs them).

    A bundle's trained network has only the stages below its cut, and without torch only the cut itself.
    """
    from headstart import extras
    from headstart.backbone import MAP, boxed
    from headstart.runtime import Trunk, start

    if model is None or (model.plan.frozen and boxed.holds(backbone)):
        trunk = Trunk(backbone, backbone.stages, MAP)
        return trunk, tuple(backbone.stages), start(trunk, how)
    if backbone.graph or backbone.name.startswith("timm:hf-hub:") or not extras.complete():
        return None, model.cuts, model.runtime(how, maps=True)
    kept = {row.stage for row in model.plan.rows}
    stages = tuple(stage for stage in backbone.stages if stage.name in kept)
    trunk = replace(model.trunk(), backbone=backbone, stages=stages, pool=MAP)
    return trunk, stages, start(trunk, how)

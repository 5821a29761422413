"""The verbs as functions: `headstart.train("flowers")` and its kin. Names and defaults are those of the flags.

Whatever is named in Options may be given by its name. Progress is shown in a notebook, and nowhere else unless asked.
"""

from __future__ import annotations

import dataclasses
import inspect as signatures
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.job.meant import execution_for, meant, model_of
from headstart.job.notebook import shown
from headstart.job.options import UNUSED, Options, options

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.job.compare import Compared
    from headstart.job.evaluate import Evaluated
    from headstart.job.explain import Explanations
    from headstart.job.inspect import Inspected
    from headstart.job.predict import Predicted
    from headstart.job.prepare import Prepared
    from headstart.job.pretrain import PretrainedRun
    from headstart.job.review import ReviewRun
    from headstart.job.run import Run
    from headstart.model import Model
    from headstart.training.epoch import Epoch
    from headstart.training.loggers import Logger


def with_options(call: Callable[..., Any]) -> Callable[..., Any]:
    """Shows the options among the call's parameters, for help() and notebooks."""
    own = signatures.signature(call)
    named = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    taken = {p.name for p in named} | {"command", *UNUSED[call.__name__]}
    more = [
        signatures.Parameter(entry.name, signatures.Parameter.KEYWORD_ONLY, default=_default(entry))
        for entry in dataclasses.fields(Options)
        if entry.name not in taken
    ]
    call.__signature__ = own.replace(parameters=[*named, *more])  # pyright: ignore[reportFunctionMemberAccess]
    return call


def _default(entry: dataclasses.Field[Any]) -> Any:
    return {} if entry.default is dataclasses.MISSING else entry.default


@with_options
def train(
    data: Any,
    *,
    output: str | Path | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    loggers: Sequence[Logger] = (),
    progress: bool | None = None,
    **given: Any,
) -> Run:
    """Measures, decides, trains, and proves what came of it on pictures that nothing has looked at.

    data      a folder, table or shards (a path); or pictures in memory: (pictures, labels[, groups])
    output    a folder for the run; None keeps everything in memory
    on_epoch  called after each epoch of gradient training; loggers: told of each, see headstart.training.loggers
    progress  True shows it, False does not; None shows it in a notebook
    All other options are those of the command line, see Options: case, cut, backbone, epochs, lr, time_limit, …

    Raises DataError, BackboneError, PlanError, PictureError, OutputError, OptionError; TypeError for an unknown option.
    """
    from headstart.job.train import Hooks, nothing
    from headstart.job.train import train as run

    asked = options("train", data, {"output": output, **given, "plan": _plan_of(given.get("plan"))})
    with shown(progress):
        return run(asked, Hooks(on_epoch=on_epoch or nothing, loggers=loggers))


def _plan_of(given: Any) -> Any:
    """The plan of what plan() gave; all else as it is."""
    from headstart.job.prepare import Prepared

    return given.plan if isinstance(given, Prepared) else given


@with_options
def review(
    data: Any, *, output: str | Path | None = None, progress: bool | None = None, **given: Any
) -> ReviewRun:
    """Finds labels that may be wrong, doubles, and odd, dark, blurred or tiny pictures; nothing is trained.

    output: a folder for review.html, a gallery, and review.csv, whose column `action` is for you to fill in; that table
    is the option `fix` of train() and its kin. data, progress and options: as in train(). Raises what train() does.
    """
    from headstart.job.review import review as run

    asked = options("review", data, {"output": output, **given})
    with shown(progress):
        return run(asked)


@with_options
def plan(
    data: Any, *, output: str | Path | None = None, progress: bool | None = None, **given: Any
) -> Prepared:
    """Measures and decides; nothing is trained. Its `plan`, edited or not, is an option of train().

    output: a file for the plan. data, progress and options: as in train(). Raises what train() does.
    """
    from headstart.job.plan import plan as run

    asked = options("plan", data, {"output": output, **given})
    with shown(progress):
        return run(asked)


@with_options
def compare(
    data: Any, *, output: str | Path | None = None, progress: bool | None = None, **given: Any
) -> Compared:
    """Tries every strategy on the pictures with equal budgets, and marks what the plan chooses.

    output: a folder, where what was tried is kept. data, progress and options: as in train(). Raises what train() does.
    """
    from headstart.job.compare import compare as run

    asked = options("compare", data, {"output": output, **given})
    with shown(progress):
        return run(asked)


def evaluate(
    model: Model | Run | str | Path,
    data: Any,
    *,
    split: str | None = None,
    group_regex: str | None = None,
    max_bad: int | None = None,
    truncated: str = "refuse",
    fix: str | Path | None = None,
    points: str | Path | None = None,
    device: str = "auto",
    workers: int = 0,
    threads: int = 0,
    runtime: str | None = None,
    precision: str | None = None,
    progress: bool | None = None,
) -> Evaluated:
    """Holds a classifier against labelled pictures.

    model: a Model, a Run, or where one lies: a bundle, a run's folder, a zip of either. split: "train", "val", "test",
    "held-out" or "all"; None is test, else val, else those held out when it was made, else all. points: people beside
    the curve, a table or "CLASS=TABLE". The rest as in train().
    Raises BundleError, DataError, PictureError, OptionError.
    """
    from headstart.job.evaluate import evaluate as run

    asked = Options(device=device, workers=workers, threads=threads, runtime=runtime, precision=precision)
    loaded = model_of(model)
    with shown(progress):
        return run(
            loaded,
            data,
            split=split,
            group_regex=group_regex,
            max_bad=max_bad,
            truncated=truncated,
            fix=fix,
            execution=execution_for(asked, loaded),
            points=points,
        )


def predict(
    model: Model | Run | str | Path,
    pictures: str | Path | Sequence[str | Path],
    *,
    coverage: float | None = None,
    truncated: str = "refuse",
    sure: float | None = None,
    device: str = "auto",
    workers: int = 0,
    threads: int = 0,
    runtime: str | None = None,
    precision: str | None = None,
    progress: bool | None = None,
) -> Predicted:
    """Names what is on pictures: files, folders and globs. What cannot be used is set aside in `left_out`.

    model: as for evaluate(). sure: such as 0.9; `certain` is then the finest name of the model's taxonomy that is as
    probable. coverage: such as 0.9; every picture then gets a set of classes that holds the right one so often. For
    pictures in memory, or an error for the first that cannot be used, there is Model.probabilities. Raises BundleError,
    DataError.
    """
    from headstart.job.predict import predict as run

    asked = Options(device=device, workers=workers, threads=threads, runtime=runtime, precision=precision)
    loaded = model_of(model)
    paths, bad = meant("predict", pictures)
    with shown(progress):
        how = execution_for(asked, loaded)
        found = run(loaded, paths, execution=how, truncated=truncated, sure=sure, coverage=coverage)
    return dataclasses.replace(found, left_out=(*bad, *found.left_out))


def explain(
    model: Model | Run | str | Path,
    pictures: str | Path | Sequence[str | Path],
    *,
    output: str | Path | None = None,
    method: str = "auto",
    stage: str | None = None,
    label: str | None = None,
    near: int = 3,
    truncated: str = "refuse",
    device: str = "auto",
    workers: int = 0,
    threads: int = 0,
    runtime: str | None = None,
    precision: str | None = None,
    progress: bool | None = None,
) -> Explanations:
    """Why pictures are named so: where the answer lies, whether that may be believed, which training pictures are like
    them.

    output: a new or empty folder for an overlay of each and the numbers; None writes nothing. method: "cam",
    "hirescam", "occlusion" or "auto"; stage: hirescam at this stage; label: the class that is explained, None is the
    one named; near: training pictures of each. model, pictures and the rest: as for predict().
    Raises BundleError, DataError, OptionError, BackboneError, OutputError; MissingError where torch is needed.
    """
    from headstart.job.explain import explain as run

    asked = Options(device=device, workers=workers, threads=threads, runtime=runtime, precision=precision)
    loaded = model_of(model)
    paths, bad = meant("explain", pictures)
    with shown(progress):
        found = run(
            loaded,
            paths,
            output=output,
            method=method,
            stage=stage,
            label=label,
            near=near,
            truncated=truncated,
            execution=execution_for(asked, loaded),
        )
    return found.called({}, bad)


@with_options
def pretrain(
    data: Any,
    *,
    output: str | Path,
    network: str = "small",
    name: str | None = None,
    notes: str = "",
    on_epoch: Callable[[Epoch], None] | None = None,
    progress: bool | None = None,
    **given: Any,
) -> PretrainedRun:
    """Trains a source network of your own from random weights; the folder then serves as `backbone`.

    network: "small", "demo-cnn" or "timm:NAME"; name: what the data set is called in the card; notes: Markdown that the
    card ends with. The rest as in train(). Raises what train() does.
    """
    from headstart.job.pretrain import pretrain as run
    from headstart.job.train import Hooks, nothing

    asked = options("pretrain", data, {"output": output, **given})
    with shown(progress):
        hooks = Hooks(on_epoch=on_epoch or nothing)
        return run(asked, network=network, name=name, notes=notes, hooks=hooks)


def inspect(
    backbone: str | Backbone,
    *,
    case: int | None = None,
    plan: str | Path | None = None,
    cut: str | Sequence[str] | None = None,
    data: Any = "",
    image: str | Path | None = None,
    progress: bool | None = None,
    **given: Any,
) -> Inspected:
    """A network's stages and cuts, with what a case or a plan makes of them; `print()` draws it, `svg()` as a picture.

    data, image: pictures as in train(), and one picture: `page()` then shows what the stages answer to, see
    docs/layers.md. stage: of these alone; most: so many of the pictures are looked at.

    Raises BackboneError, PlanError, OptionError; DataError, PictureError where pictures are given.
    """
    from headstart.job.inspect import inspect as run

    named = {"backbone": backbone, "case": case, "plan": plan, "cut": cut, "image": image}
    asked = options("inspect", data, {**named, **given})
    with shown(progress):
        return run(asked)

"""Options: all that can be asked of a job, by the names and with the defaults of the command line's flags.

Imports nothing heavy, since the command line's parser reads the choices from here.
"""

from __future__ import annotations

import dataclasses
import difflib
import numbers
import operator
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import written
from headstart.errors import OptionError
from headstart.planning.recipe import ARGUMENTS as RECIPE
from headstart.planning.recipe import AUGMENTS, OPTIMIZERS, PRECISIONS

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.planning.plan import Plan

# Most stand in the rooms too, which import too much for a parser; a test holds both against each other.
CHOICES: dict[str, tuple[Any, ...]] = {
    "truncated": ("refuse", "keep"),
    "interpolation": ("bicubic", "bilinear", "lanczos", "nearest"),
    "case": (1, 2, 3, 4),
    "size": ("small", "large"),
    "similarity": ("similar", "different"),
    "init": ("pretrained", "random"),
    "head_init": ("solved", "random"),
    "head_layers": (1, 2),
    "class_weight": ("none", "balanced"),
    "fallback": ("none", "probe", "scratch", "both"),
    "optimizer": OPTIMIZERS,
    "augment": AUGMENTS,
    "train_precision": PRECISIONS,
    "runtime": ("auto", "openvino", "torch"),
    "precision": ("auto", "fp32", "bf16"),
    "keep_features": ("fp32", "fp16", "none"),
}
# Where none is named: the second for small pictures, see headstart.job.default.
DEFAULT_BACKBONE, SMALL_BACKBONE = "lite0", "small"
EXPORTS = ("zip", "openvino", "onnx", "torch", "timm", "hf", "html")
LARGEST = 4096  # pixels a side; a batch of float32 pictures of that size needs gigabytes


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a job is asked for. None leaves it to what is measured, or to the plan that is given.

    data         a folder, table or shards (a path); or pictures in memory: (pictures, labels) or (pictures, labels,
                 groups), see `headstart.data.load`
    group_regex, max_bad, truncated, min_per_class, without    see `headstart.data.load`
    fix          the table of `headstart review`, filled in: its corrections are done, no file is touched
    taxonomy, most_per_class    a tree over the classes, see `headstart.data.load`
    sensitivity  class → the share of its pictures that is to be found; cost: what a mistake costs, (true class, what it
                 is called) → a number, texts or tables as for the flag. The answer is chosen by the one or the other
    points       people beside the curve: a table, or CLASS=TABLE
    backbone     a network's name, or a Backbone; None is lite0, or small where the pictures are (headstart.job.default)
    weights, model_kwargs, image_size, mean, std, interpolation    how it is loaded, see `headstart.load_backbone`
    case, size, similarity, cut, init, head_init, head_layers, class_weight, fallback    overrule what is measured, see
                 `headstart.decide`; freeze_below: the first stage that is trained; lr_scale: stage → factor of its rate
    epochs … train_precision    single values of the recipe, see `headstart.planning.recipe.Recipe`
    plan         a plan, or the file that holds one: nothing is measured then
    like         the folder of an old run: its report pictures stay so, and old and new answers are paired
    image        one picture whose feature maps inspect() draws; stage: of these stages alone; most: so many pictures of
                 the data are looked at for patches
    folds        K of cross-validation over all pictures in place of a report split; None holds pictures out
    log          where epochs are written too: "tensorboard=FOLDER", "wandb=PROJECT"
    seed         the same seed gives the same numbers on one machine
    time_limit   seconds for the gradient training, or a text such as "10m"
    device, workers, threads, runtime, precision, keep_features    how networks run, see `headstart.runtime.Execution`
    output       the folder of the run; None keeps everything in memory
    force, resume    replace a former run there, or continue it
    command      the command line, as it is to be shown
    """

    data: Any = ""
    group_regex: str | None = None
    max_bad: int | None = None
    truncated: str = "refuse"
    min_per_class: int | None = None
    without: Sequence[str] = ()
    fix: str | Path | None = None
    taxonomy: str | Path | None = None
    most_per_class: int | None = None
    sensitivity: Mapping[str, float] = field(default_factory=dict)
    cost: Sequence[str] | str | Path | Mapping[tuple[str, str], float] = ()
    points: str | Path | None = None

    backbone: str | Backbone | None = None
    weights: str | None = None
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    image_size: int | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    interpolation: str | None = None

    case: int | None = None
    size: str | None = None
    similarity: str | None = None
    cut: Sequence[str] | str | None = None
    init: str | None = None
    head_init: str | None = None
    head_layers: int | None = None
    class_weight: str | None = None
    fallback: str | None = None
    freeze_below: str | None = None
    lr_scale: Mapping[str, float] = field(default_factory=dict)

    epochs: int | None = None
    lr: float | None = None
    weight_decay: float | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    augment: str | None = None
    warmup: float | None = None
    label_smoothing: float | None = None
    cutmix: float | None = None
    mixup: float | None = None
    ema: float | None = None
    patience: int | None = None
    start_size: int | None = None
    train_precision: str | None = None

    plan: Plan | str | Path | None = None
    like: str | Path | None = None
    image: str | None = None
    stage: Sequence[str] | str = ()
    most: int | None = None
    folds: int | None = None
    log: Sequence[str] = ()
    seed: int | None = None
    time_limit: float | str | None = None

    device: str = "auto"
    workers: int = 0
    threads: int = 0
    runtime: str | None = None
    precision: str | None = None
    keep_features: str = "fp32"

    output: str | Path | None = None
    force: bool = False
    resume: bool = False
    command: str = ""

    def __post_init__(self) -> None:
        """Raises OptionError naming a value that is none of its choices, or outside of its range."""
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise OptionError(f"{name} {value!r}: expected one of {', '.join(map(str, allowed))}")
        for name in ("without", "log"):
            if isinstance(getattr(self, name), str):
                object.__setattr__(self, name, (getattr(self, name),))
        if isinstance(self.backbone, os.PathLike):
            object.__setattr__(self, "backbone", os.fspath(self.backbone))
        self._check_kinds()
        if self.precision == "auto":
            object.__setattr__(self, "precision", None)
        least = {
            "image_size": 1,
            "workers": 0,
            "threads": 0,
            "seed": 0,
            "max_bad": 0,
            "min_per_class": 1,
            "most_per_class": 1,
            "folds": 2,
            "most": 2,
        }
        for name, smallest in least.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _whole(name, value, smallest))
        if self.sensitivity and self.cost:
            raise OptionError("sensitivity and cost: choose one of the two, since each chooses the answer")
        if self.most_per_class is not None and self.taxonomy is None:
            raise OptionError("most_per_class: cuts a taxonomy; name one, or leave it out")
        if self.force and self.resume:
            raise OptionError("force and resume: choose one of the two")
        if self.like is not None and self.folds is not None:
            raise OptionError("like and folds: choose one of the two, since folds keep no report pictures")
        object.__setattr__(self, "time_limit", written.seconds(self.time_limit))
        if self.cut is not None:
            object.__setattr__(self, "cut", written.names(self.cut))
        object.__setattr__(self, "stage", written.names(self.stage) if self.stage else ())

    def _check_kinds(self) -> None:
        """Raises OptionError for a value of another kind than its own, which would be an error of Python's later."""
        kinds: dict[str, tuple[type | tuple[type, ...], str]] = {
            "model_kwargs": (Mapping, "a mapping of option to value"),
            "lr_scale": (Mapping, "a mapping of stage to factor"),
            "mean": (Sequence, "three numbers"),
            "std": (Sequence, "three numbers"),
            "cut": ((str, Sequence), "a stage's name, or several"),
            "stage": ((str, Sequence), "a stage's name, or several"),
            "image": ((str, os.PathLike), "a picture's path"),
            "device": (str, "a device's name, such as cuda:1"),
            "output": ((str, os.PathLike), "a path"),
            "like": ((str, os.PathLike), "the folder of a run"),
            "fix": ((str, os.PathLike), "the table of `headstart review`"),
            "weights": ((str, os.PathLike), "a path"),
            "freeze_below": (str, "a stage's name"),
            "sensitivity": (Mapping, "a mapping of class to share"),
            "cost": ((str, os.PathLike, Sequence, Mapping), "texts TRUE:CALLED=COST, a table, or a mapping"),
            "points": ((str, os.PathLike), "a table, or CLASS=TABLE"),
            "taxonomy": ((str, os.PathLike), "a file, folders, or column:NAME"),
        }
        for name, (kind, expected) in kinds.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise OptionError(f"{name} {value!r}: expected {expected}")
        for stage, factor in self.lr_scale.items():
            if isinstance(factor, bool) or not isinstance(factor, numbers.Real):
                raise OptionError(f"lr_scale {stage}={factor!r}: expected a number")
        for name, share in self.sensitivity.items():
            if isinstance(share, bool) or not isinstance(share, numbers.Real) or not 0 < share < 1:
                raise OptionError(f"sensitivity {name}={share!r}: expected a share between 0 and 1")
        for text in self.log:
            written.logger(text)
        if self.cut is not None and not all(written.names(self.cut)):
            raise OptionError(f"cut {self.cut!r}: expected a stage's name, or several")

    @property
    def path(self) -> str | None:
        """The data's path; None for pictures in memory."""
        return str(self.data) if isinstance(self.data, str | Path) else None

    @property
    def recipe(self) -> dict[str, float | int | str]:
        """The recipe's values that are asked for, by the recipe's names."""
        return {RECIPE[name]: getattr(self, name) for name in self.recipe_arguments}

    @property
    def recipe_arguments(self) -> list[str]:
        """The arguments by which values of the recipe are asked for."""
        return [name for name in RECIPE if getattr(self, name) is not None]

    @property
    def share(self) -> float | None:
        """Seconds for each of the trainings of a call: one for every fold, and the last on all pictures."""
        limit = self.limit
        return limit if limit is None or self.folds is None else limit / (self.folds + 1)

    @property
    def limit(self) -> float | None:
        """time_limit as seconds, which it is once it has been looked at."""
        assert not isinstance(self.time_limit, str)
        return self.time_limit


def _whole(name: str, value: Any, least: int) -> int:
    """A whole number, numpy's too. Raises OptionError."""
    try:
        found = operator.index(value)
    except TypeError:
        found = least - 1
    if isinstance(value, bool) or found < least:
        raise OptionError(f"{name} {value!r}: expected a whole number of at least {least}")
    return found


# What a verb has no use for.
_OF_TRAINING = ("fallback", "freeze_below", "lr_scale", "folds", "like", "log", "time_limit", "resume")
_OF_MEASURING = (
    "case",
    "size",
    "similarity",
    "cut",
    "init",
    "head_init",
    "head_layers",
    "class_weight",
    "plan",
)
_OF_LOADING = ("backbone", "weights", "mean", "std", "interpolation")
_OF_RUNNING = ("runtime", "precision", "keep_features")
# What inspect alone takes.
LOOKING = ("image", "stage", "most")
_OF_DECIDING = ("sensitivity", "cost", "points")
_OF_TAXONOMY = ("taxonomy", "most_per_class")
UNUSED: dict[str, tuple[str, ...]] = {
    "train": LOOKING,
    "plan": (*LOOKING, *_OF_DECIDING, "folds", "like", "log", "time_limit", "resume"),
    "review": (*LOOKING, *_OF_DECIDING, *_OF_MEASURING, *_OF_TRAINING, *RECIPE),
    "compare": (*LOOKING, *_OF_DECIDING, "folds", "like", "log", "plan"),
    "pretrain": (
        *LOOKING,
        *_OF_DECIDING,
        *_OF_TAXONOMY,
        *_OF_MEASURING,
        *_OF_LOADING,
        *_OF_RUNNING,
        *_OF_TRAINING[:4],
    ),
    "teach": (
        *(*LOOKING, *_OF_DECIDING, *_OF_TAXONOMY, *_OF_MEASURING, *_OF_RUNNING, *_OF_TRAINING),
        *RECIPE,
    ),
    "inspect": (
        *(
            name
            for name in (*_OF_MEASURING, *_OF_TRAINING, "keep_features")
            if name not in ("case", "cut", "plan")
        ),
        *RECIPE,
        *_OF_DECIDING,
        *_OF_TAXONOMY,
        *("output", "force"),
    ),
}


def options(verb: str, data: Any, given: Mapping[str, Any]) -> Options:
    """Options from the arguments of a call. Raises TypeError for a name that there is none of, as a call does, and
    OptionError for one that the verb has no use for."""
    known = [entry.name for entry in dataclasses.fields(Options)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; expected some of {', '.join(known)}"
            raise TypeError(f"{verb}() got an unexpected keyword argument {name!r}{hint}")
    for name in UNUSED[verb]:
        if given.get(name) not in (None, {}, (), False):
            raise OptionError(f"{name}: {verb} has no use for it; leave it out")
    return Options(**{"data": data, "command": f"headstart {verb} (from Python)", **given})

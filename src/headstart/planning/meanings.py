"""What every field of a plan means, said once: for plan.toml, docs/plan.md, the help of flags, and errors."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import NamedTuple


class Value(NamedTuple):
    """A value of a recipe.

    allowed   which ones it may have
    help      of its flag: a phrase that goes on after what the flag takes
    sentence  what it means where it stands by itself; "" where that is the same
    """

    allowed: str
    help: str
    sentence: str = ""

    @property
    def meaning(self) -> str:
        return self.sentence or self.help


PLAN = {
    "case": (
        "1 to 4: whose way the rows are; 0 for none of the four. A label: what is done stands in the rows. Where "
        "they come to another case, that is said, and theirs counts"
    ),
    "backbone": "the network, named as for `--backbone`",
    "weights_sha256": 'the weights that the plan was made for; others are refused, `""` takes any',
    "cut": (
        "the stages whose pooled outputs enter the head: one, or several side by side; every stage up to "
        "the highest needs a row"
    ),
    "pool": (
        "`avg`, or `avgstd`: mean and standard deviation over places (of maps; vectors are taken as they are)"
    ),
    "image_size": "input side in pixels",
    "rows": "the stage table: one row a stage, from input to output",
    "head_layers": "1, or 2 with a ReLU between",
    "head_init": (
        "`solved`: the optimum on the frozen features; `random`: drawn by the seed, as the lesson has it"
    ),
    "fallback": (
        "what is done where training does not beat the frozen probe: `none`, it is kept all the same; "
        "`probe`, the probe is returned; `scratch`, random weights are trained too and the better is kept, "
        "or the probe where neither beats it; `both`, as `scratch`, but random weights are trained in any "
        "case"
    ),
    "fallback_cut": "stages where that probe sits; `[]`: those of `cut`",
    "gain": (
        "[expected, spread]: what training is expected to add to the accuracy of that probe, weighed "
        "against what the selection pictures say; `[0.02, 0.03]` is 2 points, give or take 3. `[]`: nothing"
        " is expected"
    ),
    "gain_of": (
        "short hash of the training that `gain` belongs to: network, rows, cut, pooling, head, recipe, and "
        "where the probe sits. Once one of these is edited, or `pictures` are others, `gain` does not "
        "count, and that is said"
    ),
    "learning_exponent": (
        "errors of frozen probes fall as (pictures)^-learning_exponent, by the learning curve at the best "
        "single cut. It tells the probe's *refit gain*: where the probe is returned, it is solved anew with"
        " the selection pictures too, which training never sees. 0: no gain"
    ),
    "class_weight": "`none`, or `balanced`: every class weighs the same",
    "seed": "0 to 2147483647; the same seed gives the same numbers on one machine",
    "runtime": "what runs frozen networks: `auto`, `openvino`, `torch`",
    "precision": (
        "of frozen networks: `fp32` or `bf16`. From 1,000 training pictures on it is measured which one "
        "serves; below that it is `fp32`"
    ),
    "preparation": (
        "short hash of `--mean`, `--std`, `--interpolation` and `--model-kwargs`, which the run needs "
        'again; `""` takes any'
    ),
    "pictures": (
        "short hash of the training pictures that were measured. On others the plan runs too, and says so; "
        '`""` says nothing'
    ),
    "lesson": (
        "1 to 4: the case that the lesson makes of the pictures' size and similarity; 0 where these were not measured. "
        "It changes nothing"
    ),
    "summary": "what the pictures are, what the lesson would do, what is done: sentences; they change nothing",
    "reasons": "further sentences; they change nothing",
    "recipe": "how gradients train; a plan whose rows are all frozen does not use it",
}
ROW = {
    "stage": "the stage's name, as `headstart inspect` lists it",
    "init": "`pretrained` or `random`",
    "lr_scale": (
        "multiplies the recipe's `lr`; 0 is frozen: parameters and buffers stay as they are. A random row "
        "cannot be frozen"
    ),
}
AUGMENTS = ("none", "light", "crop", "colour")
OPTIMIZERS = ("adamw", "sgd", "muon")
PRECISIONS = ("auto", "fp32", "bf16")
RECIPE = {
    "epochs": Value(
        "1 or more",
        "passes over the training pictures",
    ),
    "lr": Value(
        "a number above 0",
        "peak rate for the batch size",
        "peak rate, for this batch size, of rows with scale 1 and of the head",
    ),
    "weight_decay": Value(
        "0 or more",
        "added to the gradient with sgd, else decoupled, as in AdamW",
        "of matrices; biases and normalisation are not decayed. Added to the gradient with `sgd`, else "
        "decoupled, as in AdamW",
    ),
    "batch_size": Value(
        "1 or more",
        "pictures in a step",
    ),
    "warmup": Value(
        "0 or more, below 1",
        "of all steps",
        "share of all steps in which the rate rises; then it falls along a cosine",
    ),
    "label_smoothing": Value(
        "0 or more, below 1",
        "of each label, spread over all classes",
        "share of each label that is spread over all classes",
    ),
    "augment": Value(
        f"one of {', '.join(AUGMENTS)}",
        "light never mirrors, for digits and signs; colour is crop and changes colours",
        "`light`: half of the views are moved by up to an eighth, half are random crops of at least 60 % of the"
        " area. `crop`: crops of at least 25 % instead, and half of all views are mirrored. `colour`: as "
        "`crop`, and brightness, contrast and saturation change by up to 40 %",
    ),
    "ema": Value(
        "0 or more, below 1",
        "running average of the weights, 0 for none",
        "decay per step of a running average of the weights; 0 is off",
    ),
    "patience": Value(
        "0 or more",
        "epochs clearly worse on selection pictures than the best that end it, 0 for never",
        "epochs in a row clearly worse than the best (below the 95 % interval of its selection score) before it stops "
        "and keeps the best; 0 never stops early",
    ),
    "optimizer": Value(
        f"one of {', '.join(OPTIMIZERS)}",
        "sgd wants rates some ten times as high",
        "`sgd` has Nesterov momentum 0.9 and wants about ten times the rate and a `weight_decay` of 1e-4; "
        "`muon` learns faster from random weights; its vectors, depthwise filters and head go by AdamW",
    ),
    "precision": Value(
        f"one of {', '.join(PRECISIONS)}",
        "of training, not of frozen networks; the faster one on this machine",
        "of training: with `bf16` layers compute in bfloat16, weights stay float32; `auto` is the faster one "
        "for this network on this machine, by a short timing that is kept",
    ),
    "start_size": Value(
        "0 or more",
        "of the first epochs' pictures, growing to --image-size, 0 for none",
        "pixels that the first epochs are trained at, growing to `image_size`, which is the most; 0 is off",
    ),
    "cutmix": Value(
        "0 to 1",
        "of batches with patches of other pictures",
        "share of the batches in which every picture gets a patch of another, and a share of its label",
    ),
    "mixup": Value(
        "0 to what cutmix leaves",
        "of batches with pictures blended into each other",
        "share of the batches in which every picture is blended with another, and its label with the other's",
    ),
}


def header() -> str:
    """The remarks that a plan.toml begins with."""
    values = {name: value.meaning for name, value in RECIPE.items()}
    return "\n".join(
        [
            "# A plan of headstart: what will be done, exactly. Edit it, then run it: headstart train DATA --plan FILE",
            "#",
            *_remarks(PLAN, ""),
            "# in a row of rows:",
            *_remarks(ROW, "  "),
            "# in recipe:",
            *_remarks(values, "  "),
            "\n",
        ]
    )


def _remarks(meanings: Mapping[str, str], indent: str) -> list[str]:
    lines: list[str] = []
    for name, meaning in meanings.items():
        first, rest = f"# {indent}{name:<{19 - len(indent)}}", "#" + " " * 20
        plain = meaning.replace('`""`', '""').replace("`", '"').replace("*", "")
        lines += textwrap.wrap(plain, 118, initial_indent=first, subsequent_indent=rest)
    return lines

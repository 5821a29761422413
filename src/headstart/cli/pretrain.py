"""headstart pretrain: a source network of one's own, trained from random weights."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, progress
from headstart.cli import options, run_folder, show, steps, values

if TYPE_CHECKING:
    from headstart.data import Intake
    from headstart.plan.recipe import Recipe
    from headstart.train.task import Settings


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "pretrain",
        run,
        "train a network from random weights, as a backbone for others",
        options.pictures(),
        options.training(epochs="30", lr="0.004", batch_size="256"),
        options.limits(),
        options.seed(),
    )
    add = parser.add_argument
    add(
        "--network",
        default="small",
        metavar="NAME",
        help="the architecture: small, demo-cnn or timm:NAME (small)",
    )
    add(
        "--image-size",
        type=values.whole(1, options.LARGEST),
        default=64,
        metavar="PIXELS",
        help="input side (64)",
    )
    options.model_kwargs(add)
    add("--name", metavar="NAME", help="what the data set is called in the card (name of DATA)")
    add("--notes", metavar="FILE", help="Markdown that the card ends with, such as the data's terms")
    add("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>-pretrained)")
    _recipe(parser.add_argument_group("recipe"))
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where it is trained (auto)")
    add(
        "--workers",
        type=values.whole(0),
        default=0,
        metavar="N",
        help="threads that decode (0: one per core)",
    )
    options.threads(add)


def _recipe(group: Any) -> None:
    add = group.add_argument
    add("--optimizer", choices=("adamw", "muon"), help="(muon)")
    add("--warmup", type=values.number(), metavar="SHARE", help="of all steps (0.1)")
    add("--label-smoothing", type=values.number(), metavar="SHARE", help="(0.1)")
    add(
        "--augment",
        choices=("none", "light", "crop", "colour"),
        help="light never mirrors, for digits and signs; colour is crop and changes colours (crop)",
    )
    add(
        "--cutmix",
        type=values.number(),
        metavar="SHARE",
        help="of batches with patches of other pictures (0.5)",
    )
    add(
        "--mixup",
        type=values.number(),
        metavar="SHARE",
        help="of batches with pictures blended into each other (0)",
    )
    add(
        "--ema",
        type=values.number(),
        metavar="DECAY",
        help="running average of the weights, 0 for none (0.999)",
    )
    add(
        "--start-size",
        type=values.whole(1),
        metavar="PIXELS",
        help="of the first epochs, growing to --image-size",
    )
    add(
        "--precision",
        choices=("auto", "fp32", "bf16"),
        default="auto",
        help="the faster one on this machine, where not given (auto)",
    )


def run(args: Namespace) -> int:
    from headstart import data
    from headstart.data.depth import levels_of
    from headstart.source.pretrain import PHASE, check, pretrain

    folder = run_folder.choose(args, "-pretrained")
    recipe, settings = _recipe_of(args), _settings(args, folder)
    model_kwargs = dict(args.model_kwargs or ())
    data.check(args.data, args.group_regex)
    check(args.network, args.image_size, recipe, args.seed or 0, model_kwargs)
    notes = "" if args.notes is None else steps.text("--notes", args.notes, "Markdown")
    steps.left_out(args)
    run_folder.check(folder, args)
    pictures = steps.intake(args)
    partition = data.partition(pictures.dataset, seed=args.seed or 0)
    steps.levels_told(pictures, levels_of(pictures.dataset, partition.train))
    command = _begun(args, folder)
    run_folder.claim(folder, args, {**run_folder.facts(args, args.seed or 0), "command": command})
    run_folder.write_intake(folder, pictures)
    result = pretrain(
        pictures.dataset,
        partition,
        folder,
        name=args.name or run_folder.name_of(args.data),
        network=args.network,
        model_kwargs=model_kwargs,
        image_size=args.image_size,
        recipe=recipe,
        seed=args.seed or 0,
        settings=settings,
        command=command,
        notes=notes,
    )
    run_folder.write_lines(
        folder / run_folder.METRICS,
        [{"phase": PHASE, "epochs": len(result.history), **record} for record in result.history],
    )
    _print(args, partition.report_name, result, folder, pictures)
    return 0


def _begun(args: Namespace, folder: Path) -> str:
    """The command line that the run was begun with: where it goes on, that of its env.json."""
    return run_folder.begun_with(folder) if args.resume else run_folder.command(args)


def _recipe_of(args: Namespace) -> Recipe:
    from headstart.source.pretrain import RECIPE

    names = ("optimizer", "warmup", "label_smoothing", "augment", "cutmix", "mixup", "ema", "start_size")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return replace(RECIPE, **steps.recipe(args), **given, precision=args.precision)


def _settings(args: Namespace, folder: Path) -> Settings:
    from headstart.runtime import device_of
    from headstart.train.task import Settings

    return Settings(
        device=device_of(args.device),
        workers=args.workers,
        threads=args.threads or 0,
        time_limit=args.time_limit,
        checkpoints=folder / run_folder.CHECKPOINTS,
        resume=args.resume,
        on_epoch=lambda record: _told(record, folder),
    )


def _told(record: dict[str, Any], folder: Path) -> None:
    files.append_line(folder / run_folder.METRICS, json.dumps(record))
    scored = f"val {record['selection_accuracy']:.3f}, " if "selection_accuracy" in record else ""
    progress.say(
        f"epoch {record['epoch']} of {record['epochs']}: training loss {record['train_loss']:.3f}, {scored}"
        f"{record['size']} px, {record['seconds']:.0f} s"
    )


def _print(args: Namespace, split: str, result: Any, folder: Path, pictures: Intake) -> None:
    score = {
        "split": split,
        "accuracy": result.accuracy,
        "n": result.n,
        "groups": result.groups,
        "interval": list(result.interval),
    }
    # Without a separator in it a folder's name may be that of a shipped network.
    backbone = str(folder) if folder.name != str(folder) else f"./{folder}"
    if args.json:
        show.as_json({"network": args.network, "splits": {split: score}, "backbone": backbone})
        return
    show.out(f"{split}: accuracy {show.accuracy(score)}")
    run_folder.print_intake(folder, {"quarantine": len(pictures.quarantine), "alike": len(pictures.alike)})
    show.fact("backbone", backbone)
    show.fact("next", f"headstart train DATA --backbone {shlex.quote(backbone)}")

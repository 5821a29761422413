"""headstart pretrain: a source network of one's own, trained from random weights."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, progress
from headstart.cli import options, run_folder, show, steps, values
from headstart.errors import DataError

if TYPE_CHECKING:
    from headstart.plan.plan import Recipe
    from headstart.train.loop import Settings


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
    add("--without", metavar="FILE", help="a list of classes, one a line, that are left out")
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
    from headstart.train.pretrain import PHASE, check, pretrain

    folder = run_folder.choose(args, "-pretrained")
    recipe, settings = _recipe_of(args), _settings(args, folder)
    model_kwargs = dict(args.model_kwargs or ())
    data.check(args.data, args.group_regex)
    check(args.network, args.image_size, recipe, args.seed or 0, model_kwargs)
    notes = "" if args.notes is None else _text("--notes", args.notes, "Markdown")
    left_out = None if args.without is None else _left_out(args.without)
    run_folder.check(folder, args)
    pictures = steps.intake(args)
    dataset = pictures.dataset if left_out is None else pictures.dataset.without(left_out)
    partition = data.partition(dataset, seed=args.seed or 0)
    command = _begun(args, folder)
    run_folder.claim(folder, args, {**run_folder.facts(args, args.seed or 0), "command": command})
    run_folder.write_quarantine(folder, pictures.quarantine)
    result = pretrain(
        dataset,
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
    _print(args, partition.report_name, result, folder)
    return 0


def _begun(args: Namespace, folder: Path) -> str:
    """The command line that the run was begun with: where it goes on, that of its env.json."""
    return run_folder.begun_with(folder) if args.resume else run_folder.command(args)


def _text(flag: str, path: str, expected: str) -> str:
    """What stands in the file that a flag names. Raises DataError."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise DataError(f"{flag} {path}: cannot be read ({reason}); expected {expected}") from error


def _left_out(path: str) -> list[str]:
    """The classes that the file names, one a line, with remarks behind #. Raises DataError."""
    lines = _text("--without", path, "class names, one a line").splitlines()
    names = [re.split(r"(?:^|\s)#", line)[0].strip() for line in lines]
    if not any(names):
        raise DataError(f"--without {path}: names no class; expected one a line")
    return [name for name in names if name]


def _recipe_of(args: Namespace) -> Recipe:
    from headstart.train.pretrain import RECIPE

    names = ("optimizer", "warmup", "label_smoothing", "augment", "cutmix", "mixup", "ema", "start_size")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return replace(RECIPE, **steps.recipe(args), **given, precision=args.precision)


def _settings(args: Namespace, folder: Path) -> Settings:
    from headstart.train.loop import Settings

    return Settings(
        device=steps.machine(args),
        workers=args.workers,
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


def _print(args: Namespace, split: str, result: Any, folder: Path) -> None:
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
    print(f"{split}: accuracy {show.accuracy(score)}")
    print(f"backbone {backbone}")
    print(f"next     headstart train DATA --backbone {backbone}")

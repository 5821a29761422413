"""headstart demo: the whole job on pictures that need no download, by the same verbs that anyone uses."""

from __future__ import annotations

import shlex
import tempfile
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import cache, extras, files, progress, stopping
from headstart.cli import evaluate, options, plan, predict, show, train
from headstart.errors import DataError, OutputError
from headstart.job.folder import BUNDLE, REPORT, Folder
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.cli.session import Session

_SHOWN = 3  # pictures that the last step names
_KEEP = ("quiet", "debug")


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "demo",
        run,
        "do the whole job on pictures that come with the install",
        options.limits(),
        options.seed(),
        as_json=False,
    )
    parser.add_argument("-o", "--output", default="runs/demo", metavar="FOLDER", help="(runs/demo)")


def run(args: Namespace, session: Session) -> int:
    folder = Path(args.output)
    Folder(folder, "train", args.force, args.resume).check()
    pictures = handwritten_digits(_place())
    limit = ["--time-limit", f"{args.time_limit:g}s"] if args.time_limit else []
    again = ["--resume"] if args.resume else ["--force"] if args.force else []
    data, bundle, seed = str(pictures), str(folder / BUNDLE), ["--seed", str(args.seed or 0)]
    plan_file = str(folder.with_name(f"{folder.name}.plan.toml"))
    every = sorted(pictures.glob("*/*.png"))
    some = [str(path) for path in every[:: len(every) // _SHOWN][:_SHOWN]]
    steps = (
        ["plan", data, *seed, "-o", plan_file, "--force"],
        ["train", data, *seed, *limit, *again, "-o", str(folder)],
        ["evaluate", bundle, data],
        ["predict", bundle, *some, "--top", "3"],
    )
    flags = [f"--{name}" for name in _KEEP if getattr(args, name)]
    for step in steps:
        show.out(f"\n$ {plain(shlex.join(['headstart', *step]))}\n")
        _do(session, [*step, *flags])
    show.out("")
    show.fact("report", (folder / REPORT).resolve())
    return 0


def _place() -> Path:
    """Where the pictures are written: the cache, or where there is none a folder that the system clears."""
    try:
        return cache.folder("demo")
    except OutputError as error:
        progress.say(f"the demo's pictures are not kept: {error}")
        return Path(tempfile.mkdtemp(prefix="headstart-demo-"))


def _do(session: Session, command: list[str]) -> None:
    """One step; a run that it begins is the demo's, to be resumed."""
    args = options.parser((plan, train, evaluate, predict)).parse_args(command)
    step = replace(session, words=command)
    try:
        args.run(args, step)
    finally:
        session.folder, session.epoch = step.folder, step.epoch
    stopping.check()


def handwritten_digits(folder: Path) -> Path:
    """scikit-learn's 1,797 digits of 8 × 8 pixels (E. Alpaydin & C. Kaynak 1998) as folders of PNG.

    Written once. Raises DataError where scikit-learn is not installed.
    """
    target = folder / "digits"
    if target.is_dir():
        return target
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DataError(f"the demo's pictures come with scikit-learn: {extras.command('demo')}") from error
    from PIL import Image

    digits: Any = load_digits()
    bar = progress.bar("writing pictures", len(digits.target))
    with files.locked(folder / "digits.lock"), files.replacing(target) as temporary, bar as count:
        for number, (picture, label) in enumerate(zip(digits.images, digits.target, strict=True)):
            place = temporary / str(label)
            place.mkdir(parents=True, exist_ok=True)
            grey = (picture * (255 / 16)).round().astype("uint8")  # the set's greys are 0 to 16
            Image.fromarray(grey).save(place / f"{number:04}.png")
            count.advance()
    return target

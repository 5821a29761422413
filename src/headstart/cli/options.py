"""Flags that several verbs share, as parent parsers; names as in timm and PyTorch."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from headstart.cli import streams, values
from headstart.job.options import CHOICES, DEFAULT_BACKBONE, LARGEST, SMALL_BACKBONE
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.cli.session import Session

EXIT_CODES = """\
exit codes:
  0    done
  1    an error of headstart's own (--debug shows the traceback)
  2    something that you can mend: one line on stderr says what
  3    done in part: some of the pictures could not be used (predict)
  130  interrupted (Ctrl-C); a second time leaves at once
  143  stopped by SIGTERM; a second time leaves at once
"""
IN_PART = 3
CASES = CHOICES["case"]


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the command line in one line; no flag may be shortened."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def nearest(self, flag: str) -> str | None:
        """The flag that `flag` may have been meant to be."""
        known = [name for action in self._actions for name in action.option_strings]
        near = difflib.get_close_matches(flag, known, n=1, cutoff=0.7)  # the two dashes are always alike
        return next(iter(near), None)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {plain(' '.join(message.split()))}; see {self.prog} --help\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """argparse's own door, for help and refusals."""
        if file is sys.stdout:
            streams.write(message)
        else:
            streams.tell(message.rstrip("\n"))


def verb(
    subparsers: Any,
    name: str,
    run: Callable[[argparse.Namespace, Session], int],
    help: str,
    *parents: Parser,
    as_json: bool = True,
) -> argparse.ArgumentParser:
    """Adds the verb `name`, run by `run`, with the flags of `parents` and those that every verb has."""
    parser = subparsers.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog=EXIT_CODES,
        parents=[*parents, common(as_json=as_json)],
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def parser(verbs: Sequence[Any], **kwargs: Any) -> Parser:
    """A parser over the given verb modules."""
    top = Parser(prog="headstart", epilog=EXIT_CODES, **kwargs)
    subparsers = top.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    for module in verbs:
        module.add(subparsers)
    return top


def group(title: str) -> tuple[Parser, Any]:
    parent = Parser(add_help=False)
    return parent, parent.add_argument_group(title).add_argument


def common(*, as_json: bool) -> Parser:
    """--json --quiet --debug"""
    parent, add = group("output")
    if as_json:
        add(
            "--json", action="store_true", help="print one JSON object on stdout; docs/json.md has its fields"
        )
    add("--quiet", action="store_true", help="no progress and no news on stderr")
    add("--debug", action="store_true", help="show the traceback of an error")
    return parent


def network() -> Parser:
    """--backbone --weights --model-kwargs --image-size --mean --std --interpolation"""
    parent, add = group("network")
    add(
        "--backbone",
        metavar="NAME",
        help="lite0, small, demo-cnn, timm:NAME, torchvision:NAME or a pretrained folder "
        f"({DEFAULT_BACKBONE}, or {SMALL_BACKBONE} for small pictures)",
    )
    weights(parent)
    return parent


def weights(parser: argparse.ArgumentParser) -> None:
    """The flags that say how the named network is loaded."""
    add = parser.add_argument_group("weights and input").add_argument
    add("--weights", metavar="FILE", help="local weights: .safetensors, or .pth read without running code")
    model_kwargs(add)
    add(
        "--image-size", type=values.whole(1, LARGEST), metavar="PIXELS", help="input side (the network's own)"
    )
    add(
        "--mean",
        nargs=3,
        type=values.number(),
        metavar=("R", "G", "B"),
        help="the weights' input mean (theirs)",
    )
    add(
        "--std",
        nargs=3,
        type=values.number(open_end=True),
        metavar=("R", "G", "B"),
        help="the weights' input spread (theirs)",
    )
    add(
        "--interpolation",
        choices=CHOICES["interpolation"],
        help="how pictures are scaled (the network's own)",
    )


def model_kwargs(add: Callable[..., Any]) -> None:
    """--model-kwargs"""
    add(
        "--model-kwargs",
        nargs="+",
        action="extend",
        type=values.key_value,
        metavar="KEY=VALUE",
        help="options of the architecture, as in timm's scripts",
    )


def machine() -> Parser:
    """--device --workers --threads --runtime --precision"""
    parent, add = group("machine")
    device(add)
    workers(add)
    threads(add)
    add("--runtime", choices=CHOICES["runtime"], help="what runs frozen networks (auto)")
    add("--precision", choices=("fp32", "bf16"), help="of frozen networks (measured)")
    return parent


def device(add: Callable[..., Any]) -> None:
    """--device"""
    add(
        "--device",
        type=values.device,
        default="auto",
        metavar="DEVICE",
        help="where networks run: cpu, cuda, cuda:1, mps (auto)",
    )


def workers(add: Callable[..., Any]) -> None:
    """--workers"""
    add(
        "--workers",
        type=values.whole(0),
        default=0,
        metavar="N",
        help="threads that decode (0: one per core)",
    )


def threads(add: Callable[..., Any]) -> None:
    """--threads"""
    add(
        "--threads",
        type=values.whole(1),
        metavar="N",
        help="threads that networks run in (all; for training fewer where that is measured to be clearly faster)",
    )


def cache() -> Parser:
    """--keep-features"""
    parent, add = group("cache")
    add(
        "--keep-features",
        choices=CHOICES["keep_features"],
        default="fp32",
        help="how features are kept (fp32); fp16 takes half the disk, with none each step asks the network anew",
    )
    return parent


def seed() -> Parser:
    """--seed"""
    parent, add = group("chance")
    add(
        "--seed",
        type=values.whole(0),
        metavar="N",
        help="the same seed gives the same numbers on one machine (0)",
    )
    return parent


def bundle() -> Parser:
    """BUNDLE"""
    parent = Parser(add_help=False)
    parent.add_argument(
        "bundle", metavar="BUNDLE", help="a run of `headstart train`, its folder `bundle`, or a zip of either"
    )
    return parent


def pictures(*, learning: bool = True) -> Parser:
    """DATA --group-regex --max-bad --truncated --fix, and for what learns from them --min-per-class --without"""
    parent = Parser(add_help=False)
    parent.add_argument(
        "data",
        metavar="DATA",
        help="class folders, train/val/test folders of them, a CSV or parquet table, or WebDataset tars",
    )
    add = parent.add_argument_group("pictures").add_argument
    add(
        "--group-regex",
        metavar="REGEX",
        help="what its parentheses match in class/file never straddles a split",
    )
    add("--max-bad", type=values.whole(0), metavar="N", help="stop where more files than this cannot be used")
    truncated(add)
    add(
        "--fix",
        metavar="FILE",
        help="the table of `headstart review`, filled in: relabels and leaves out as it says; no file is touched",
    )
    if learning:
        add(
            "--min-per-class",
            type=values.whole(1),
            metavar="N",
            help="leave out classes with fewer usable training pictures",
        )
        add(
            "--without",
            action="append",
            metavar="CLASS",
            help="leave out this class, or those that a file of this name lists, one a line; may be repeated",
        )
    return parent


def truncated(add: Callable[..., Any]) -> None:
    """--truncated"""
    add(
        "--truncated",
        choices=CHOICES["truncated"],
        default="refuse",
        help="JPEGs whose end is missing: keep decodes them as far as they go (refuse)",
    )


def strategy() -> Parser:
    """--case --size --similarity --cut --init --head-init --head-layers --class-weight --fallback"""
    parent, add = group("strategy (measured where not given)")
    add(
        "--case",
        type=int,
        choices=CASES,
        help="do this case's way: 1 freeze all, 2 cut and freeze, 3 train all pre-trained, 4 train all from random",
    )
    add("--size", choices=CHOICES["size"], help="of the set; told so, the lesson's case is followed")
    add("--similarity", choices=CHOICES["similarity"], help="to what the network learnt on; the same holds")
    add(
        "--cut",
        type=values.names,
        metavar="NAME[,NAME]",
        help="where the network is sliced; see `headstart inspect`",
    )
    add("--init", choices=CHOICES["init"], help="what training starts from")
    add("--head-init", choices=CHOICES["head_init"], help="the new head's start (solved)")
    add("--head-layers", type=int, choices=CHOICES["head_layers"], help="linear layers of the new head (1)")
    add("--class-weight", choices=CHOICES["class_weight"], help="whether rare classes weigh more (none)")
    add(
        "--fallback",
        choices=CHOICES["fallback"],
        help="what stands in where training does not succeed; none keeps what it gave (the case's own)",
    )
    return parent


def limits() -> Parser:
    """--time-limit --force --resume"""
    parent, add = group("run")
    add(
        "--time-limit",
        type=values.duration,
        metavar="TIME",
        help="for the gradient training of this call, such as 90s, 10m, 1h30m; a bare number is seconds",
    )
    where = parent.add_mutually_exclusive_group()
    where.add_argument("--force", action="store_true", help="replace a former run in the output folder")
    where.add_argument("--resume", action="store_true", help="continue the run in the output folder")
    return parent

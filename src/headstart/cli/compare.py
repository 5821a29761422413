"""headstart compare: every strategy side by side on the user's own pictures, with equal budgets."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, deciding, options, recipe, show
from headstart.job import folder

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.job.compare import Compared


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "compare",
        run,
        "hold every strategy against the others on the pictures, and mark what plan would choose",
        options.pictures(),
        options.network(),
        options.strategy(),
        recipe.training(lr="left out here: two are tried", batch_size="32"),
        options.limits(),
        deciding.taxonomy(),
        options.seed(),
        options.machine(),
        options.cache(),
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>-compare)")


def run(args: Namespace, session: Session) -> int:
    from headstart.job.compare import compare

    output = args.output or folder.usual(args.data, "-compare")
    compared = compare(asked.options(args, session, output=output), session.hooks())
    if args.json:
        show.as_json(compared.to_dict())
    else:
        _print(compared)
    return 0


def _print(compared: Compared) -> None:
    from headstart.job.compare import FIGURE, TABLE

    result, place = compared.to_dict(), compared.folder
    assert place is not None
    show.out(show.contenders(result["contenders"]))
    show.out("± is one paired standard error: of the difference, picture by picture")
    if any(row["share"] < 1 for row in result["contenders"]):
        show.out(
            "time was short: where a percentage stands beside the seconds, the training had that share of its epochs, "
            "and its place is provisional"
        )
    show.out(
        f"\nplan chooses {result['choice']}, case {result['case']}: "
        f"{100 * result['regret']:.1f} points behind the best of these, picked by the same pictures"
    )
    show.intake(compared.prepared.intake, place)
    show.fact("run", place)
    show.fact("figure", place / FIGURE)
    show.fact("answers", place / TABLE)

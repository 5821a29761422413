"""compare(): every contender on the same pictures, with the same budget, seeds and selection pictures.

A probe is solved on all training pictures, since cross-validation inside them chooses its penalty; a training learns
from what the selection pictures leave, and they choose its rate and whether it goes on where time is short. No choice
looks at the report pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from headstart import extras, progress
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.errors import PlanError
from headstart.planning.inputs import execution_of
from headstart.planning.plan import Plan
from headstart.runtime import Execution, Resolved
from headstart.study.contenders import RATES, Contender
from headstart.study.field import Field
from headstart.study.outcome import Comparison, Outcome, ranked, realised
from headstart.study.turns import halved, length, too_short

if TYPE_CHECKING:
    from headstart.training.task import Settings


def compare(
    contenders: Sequence[Contender],
    plan: Plan,
    backbone: Backbone,
    dataset: Dataset,
    partition: Partition,
    folder: Path,
    *,
    execution: Execution | Resolved | None = None,
    settings: Settings | None = None,
) -> Comparison:
    """Runs all contenders and holds them against each other; `plan` is the choice that is marked.

    folder: where each result is kept; one that lies there already, of the same plan and pictures, is not run again.
    settings: how trainings go; its time limit holds for all of them together. Raises what fit() raises, and PlanError
    where the limit holds nothing.
    """
    extras.need("compare, which trains networks too")
    from headstart.training.task import Settings

    backbone = backbone.with_levels_of(dataset, partition.train)
    how = execution_of(plan, execution)
    field = Field(plan, backbone, dataset, partition, folder, how, settings or Settings())
    outcomes = [field.solve_probe(contender) for contender in contenders if not contender.trained]
    dataset.forget_frames()  # features are there; trainings prepare pictures their own way
    outcomes += _train_all(field, [contender for contender in contenders if contender.trained])
    report = partition.report
    more = (len(field.kept) + len(field.selection)) / len(field.kept)
    choice = realised(plan, outcomes, dataset.groups[field.selection], more)
    return ranked(outcomes, dataset.labels[report], dataset.groups[report], choice)


def _train_all(field: Field, contenders: Sequence[Contender]) -> list[Outcome]:
    """One outcome for each, at the better of its rates; all that was tried is paid for."""
    runs = [replace(c, plan=c.plan.with_recipe(lr=rate)) for c in contenders for rate in RATES]
    limit = field.settings.time_limit
    if limit is None or not runs:
        found = [field.train(run, run.plan.recipe.epochs) for run in runs]
    else:
        found = _train_by_turns(field, runs, limit)
    return [_better([o for o in found if o.name == contender.name]) for contender in contenders]


def _train_by_turns(field: Field, runs: Sequence[Contender], limit: float) -> list[Outcome]:
    """All `runs` at full length; where the limit does not hold that, turn by turn the better half for longer.

    A turn's length follows from the time that is left and the seconds that epochs took in the turn before, for the
    first turn from one epoch of the last run. No training takes more than all the time that is left, within an epoch
    too. Raises PlanError where not one epoch of each fits.
    """
    full, counts = runs[-1].plan.recipe.epochs, halved(len(runs))
    first, left = field.train(runs[-1], 1, limit), limit
    seconds = first.seconds / (first.share * full)
    tried, done = list[Outcome](), 0
    for turn, count in enumerate(counts):
        epochs = length(counts[turn:], full, seconds, left)
        if not tried and not epochs:
            raise PlanError(too_short(count, seconds))
        if epochs < min(2 * done, full) or epochs <= done:
            continue  # longer ones may still fit for the fewer of the next turn
        if epochs < full or done:
            said = "time is short: " if epochs < full else ""
            progress.say(f"{said}{count} trainings get {epochs} of {full} epochs")
        found = [(field.train(run, epochs, limit - field.paid), run) for run in runs[:count]]
        found.sort(key=lambda pair: -float(pair[0].selection.mean()))
        tried += [outcome for outcome, _ in found]
        runs = [run for _, run in found]
        seconds, left, done = _epoch_seconds(tried[-count:], full), limit - field.paid, epochs
    return tried


def _epoch_seconds(outcomes: Sequence[Outcome], full: int) -> float:
    """What an epoch took in the better half of a turn's outcomes, best first; of those that they had, where the clock
    cut them. full: epochs of the whole budget."""
    better = outcomes[: -(-len(outcomes) // 2)]
    return sum(outcome.seconds for outcome in better) / sum(outcome.share * full for outcome in better)


def _better(outcomes: Sequence[Outcome]) -> Outcome:
    """The better on the selection pictures of those that were trained longest.

    That is more than half as long as the longest one: turns are at least twice as long as those before, and a clock
    that cuts the last of a turn a little short says nothing of its rate.
    """
    longest = max(outcome.share for outcome in outcomes)
    among = [outcome for outcome in outcomes if outcome.share > longest / 2]
    best = max(among, key=lambda outcome: (float(outcome.selection.mean()), outcome.share))
    return replace(best, seconds=sum(outcome.seconds for outcome in outcomes))

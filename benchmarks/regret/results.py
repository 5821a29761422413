"""The raw results as arrays: what every strategy got right, what had been measured before, what the plan would do."""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from run import EVIDENCE, Key, network

from headstart.backbone import Backbone
from headstart.evidence import Evidence
from headstart.evidence.conclude import conclude
from headstart.evidence.priors import Priors
from headstart.planning.decide import decide
from headstart.planning.plan import Plan
from headstart.study.contenders import ALL_CUTS, CUT_FIRST, PROBE_FIRST
from headstart.study.outcome import Outcome, realised, strategy

ENOUGH = 2_000  # test pictures from which a setting counts for the aims


@dataclass(frozen=True)
class Setting:
    """A data set, pictures a class, network; one entry for each of `seeds`.

    groups      int64 [R] of the test pictures
    right       strategy → bool [seeds, R]
    outcomes    seed by seed, what came of every strategy
    """

    domain: str
    each: int
    backbone: str
    seeds: tuple[int, ...]
    groups: np.ndarray
    right: Mapping[str, np.ndarray]
    outcomes: tuple[tuple[Outcome, ...], ...]
    evidence: tuple[Evidence, ...]
    selection_groups: tuple[np.ndarray, ...]
    evidence_seconds: float

    @property
    def name(self) -> str:
        return f"{self.domain} {self.each or 'all'}, {self.backbone}"

    @property
    def seconds(self) -> float:
        """Of running every strategy."""
        return sum(outcome.seconds for own in self.outcomes for outcome in own)

    @property
    def probes(self) -> list[str]:
        """Probes in the network's order, the top last; without that at all cuts."""
        return [f"probe at {row.cut}" for row in self.evidence[0].profile]

    def accuracy(self, strategy: str) -> float:
        return float(self.right[strategy].mean())

    def of(self, seeds: Sequence[int]) -> Setting | None:
        """The same with `seeds` alone; None where it has none of them."""
        places = [place for place, seed in enumerate(self.seeds) if seed in seeds]
        if not places:
            return None
        return replace(
            self,
            seeds=tuple(self.seeds[place] for place in places),
            right={name: right[places] for name, right in self.right.items()},
            outcomes=tuple(self.outcomes[place] for place in places),
            evidence=tuple(self.evidence[place] for place in places),
            selection_groups=tuple(self.selection_groups[place] for place in places),
        )

    def choice(self, place: int, weights: Path, priors: Priors) -> str:
        """The strategy that the plan comes to under `priors`, fall-backs included, for the seed at `place`."""
        evidence = self.evidence[place]
        evidence = replace(evidence, verdict=conclude(evidence.facts, priors=priors))
        plan = self._as_run(decide(evidence, _network(self.backbone, weights), seed=self.seeds[place]), place)
        return realised(plan, self.outcomes[place], self.selection_groups[place], self.more(place))

    def _as_run(self, plan: Plan, place: int) -> Plan:
        """A training up to a lower cut, which was run up to one such cut: the evidence of that day named it."""
        ran = [tuple(o.cut.split("+")) for o in self.outcomes[place] if o.name in (CUT_FIRST, PROBE_FIRST)]
        lower = [cut for cut in ran if cut != (self.evidence[place].top.cut,)]
        return replace(plan, cut=lower[0]) if lower and not plan.frozen and plan.cut not in ran else plan

    def more(self, place: int) -> float:
        """As in train.arms.FrozenProbe: selection pictures were carved from the training pictures."""
        n = self.evidence[place].n
        return n / (n - len(self.selection_groups[place]))


@cache
def _network(name: str, weights: Path) -> Backbone:
    return network(name, weights)


def load(place: Path) -> list[Setting]:
    """Every setting, with the seeds for which both outcomes and evidence stand."""
    csv.field_size_limit(sys.maxsize)
    groups = {
        row["domain"]: np.array(row["groups"].split(), np.int64) for row in _rows(place / "settings.csv")
    }
    rows: dict[Key, list[dict]] = defaultdict(list)
    for row in _rows(place / "outcomes.csv"):
        rows[row["domain"], int(row["each"]), row["backbone"], int(row["seed"])].append(row)
    measured = {}
    for line in (place / EVIDENCE).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        measured[row["domain"], row["each"], row["backbone"], row["seed"]] = row
    settings: dict[tuple[str, int, str], list[Key]] = defaultdict(list)
    for key in sorted(set(rows) & set(measured)):
        settings[key[:3]].append(key)
    return [
        _setting([rows[key] for key in keys], [measured[key] for key in keys], groups[keys[0][0]])
        for keys in settings.values()
    ]


def _rows(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return [{**row, "strategy": strategy(row["strategy"])} if "strategy" in row else row for row in rows]


def _setting(rows: list[list[dict]], measured: list[dict], groups: np.ndarray) -> Setting:
    """One setting; a list entry for each seed."""
    first = measured[0]
    bits = [{row["strategy"]: _bits(row["right"], len(groups)) for row in own} for own in rows]
    names = [name for name in bits[0] if all(name in own for own in bits)]
    selection_groups = tuple(np.array(row["selection_groups"], np.int64) for row in measured)
    return Setting(
        first["domain"],
        first["each"],
        first["backbone"],
        tuple(row["seed"] for row in measured),
        groups,
        {name: np.stack([own[name] for own in bits]) for name in sorted(names, key=lambda n: n == ALL_CUTS)},
        tuple(
            tuple(_outcome(row, len(chosen)) for row in own if row["strategy"] in names)
            for own, chosen in zip(rows, selection_groups, strict=True)
        ),
        tuple(Evidence.from_dict(row["evidence"]) for row in measured),
        selection_groups,
        sum(row["seconds"] for row in measured),
    )


def _outcome(row: dict, selected: int) -> Outcome:
    """Without predictions: what was right is kept, not what was said."""
    none = np.empty(0, np.int64)
    lr = float(row["lr"]) if row["lr"] else None
    right = _bits(row["selection"], selected)
    return Outcome(row["strategy"], row["cut"], none, right, float(row["seconds"]), lr)


def _bits(packed: str, count: int) -> np.ndarray:
    """bool [count]"""
    return np.unpackbits(np.frombuffer(bytes.fromhex(packed), np.uint8))[:count].astype(bool)

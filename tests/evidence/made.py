"""Evidence by hand: its fields by their names, whether they are measured or concluded."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import Facts
from headstart.evidence.verdict import Verdict


def made(*, how: dict[str, str] | None = None, **values: Any) -> Evidence:
    """how: sentences on facts or verdicts."""
    own = how or {}
    names = {entry.name for entry in fields(Verdict)}
    facts = Facts(**_of(Facts, values), how={name: said for name, said in own.items() if name not in names})
    verdict = Verdict(**_of(Verdict, values), how={name: said for name, said in own.items() if name in names})
    return Evidence(facts, verdict)


def changed(evidence: Evidence, **values: Any) -> Evidence:
    """`evidence` with other facts or verdicts."""
    return replace(
        evidence,
        facts=replace(evidence.facts, **_of(Facts, values)),
        verdict=replace(evidence.verdict, **_of(Verdict, values)),
    )


def _of(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    return {
        entry.name: values[entry.name]
        for entry in fields(kind)
        if entry.name in values and entry.name != "how"
    }

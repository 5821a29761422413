"""Evidence as JSON: fields in their order, and back."""

import json
import re
from dataclasses import replace
from pathlib import Path

from headstart.evidence.conclude import conclude
from headstart.evidence.evidence import FIELDS, Evidence
from tests.evidence.test_conclude import PRIORS, facts

ROOT = Path(__file__).parents[2]


def evidence() -> Evidence:
    measured = replace(facts(), how={"control": "one copy"})
    return Evidence(measured, conclude(measured, priors=PRIORS), "bf16", "as measured", "0123")


def test_json_has_the_fields_that_the_docs_list() -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    listed = text.partition("### `evidence`")[2].partition("\n## ")[0]
    names = [
        name for row in re.findall(r"^\| (`.*?) \|", listed, re.M) for name in re.findall(r"`(\w+)`", row)
    ]
    assert tuple(evidence().to_dict()) == FIELDS
    assert set(names) == set(FIELDS)


def test_facts_come_before_verdicts_in_what_is_told_of_each() -> None:
    told = list(evidence().to_dict()["how"])
    assert told == ["control", "best_cut", "similarity", "size", "trained_cut", "gains", "pays", "precision"]


def test_what_was_written_is_read_back() -> None:
    found = evidence()
    assert Evidence.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_evidence_of_earlier_versions_is_read() -> None:
    """Without what was not measured then."""
    later = ("gains", "reach", "logme", "typical_class", "curve_cut", "optimism", "joint_lead", "trained_cut")
    later += ("effective", "distance_error", "pays", "line", "doubling", "index", "declared")
    kept = {name: value for name, value in evidence().to_dict().items() if name not in later}
    found = Evidence.from_dict(kept)
    assert (found.profile, found.size, found.gains, found.reach) == (facts().profile, found.size, {}, None)

"""From facts to verdicts: what was measured weighs against what other data sets have taught."""

from dataclasses import replace

import pytest

from headstart.evidence.conclude import conclude, typical_class
from headstart.evidence.evidence import CutScore, Evidence
from headstart.evidence.priors import Line, Priors

PRIORS = Priors(joint=(0.01, 0.02), tuning=Line(0.0, 0.05, 0.1, 0.03), scratch=Line(-0.2, 0.1, 0.0, 0.1))


def facts(
    top: float = 0.90,
    low: float = 0.80,
    joint: float = 0.91,
    error: float = 0.01,
    each: int = 100,
    n_classes: int = 4,
) -> Evidence:
    """Two cuts and both together; `error` is every paired standard error."""
    n, best = each * n_classes, max(top, low)
    return Evidence(
        n=n,
        groups=n,
        class_counts={str(c): each for c in range(n_classes)},
        sampled=n,
        size="",
        similarity="",
        profile=(
            CutScore("low", low, 0.01, best - low, error),
            CutScore("top", top, 0.01, best - top, error),
        ),
        best_cut="",
        concatenated=CutScore("low+top", joint, 0.01, best - joint, error),
        control=0.5,
        control_error=error,
        curve=(),
        majority=0.25,
        entropy=None,
        source_entropy=None,
        distance=None,
        folds=5,
        joint_lead=joint - top,
        joint_lead_error=error,
    )


def found(**changes) -> Evidence:
    return conclude(facts(**changes), priors=PRIORS)


def test_where_little_can_be_measured_the_prior_says_where_to_cut() -> None:
    """All cuts lie 1 point behind: within an error of 5 that says nothing, within one of 0.1 it says all."""
    assert found(joint=0.89, error=0.05).best_cut == "low+top"
    assert found(joint=0.89, error=0.001).best_cut == "top"
    assert found(joint=0.91, error=0.001).best_cut == "low+top"


def test_a_network_of_one_cut_has_no_other() -> None:
    alone = facts()
    alone = replace(alone, profile=alone.profile[1:], concatenated=None)
    assert conclude(alone, priors=PRIORS).best_cut == "top"


def test_similar_is_a_top_that_nothing_is_expected_to_beat() -> None:
    assert found(joint=0.88, error=0.005).similarity == "similar"
    assert found(joint=0.92, error=0.005).similarity == "different"
    assert found(low=0.95, joint=0.93, error=0.005).similarity == "different"
    assert (
        conclude(replace(facts(joint=0.88, error=0.005), control=0.895), priors=PRIORS).similarity
        == "different"
    )


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"each": 100, "joint": 0.94, "error": 0.001}, "large"),  # +0.6 points
        ({"each": 100, "joint": 0.97, "error": 0.001}, "small"),  # +0.3: little is left to gain
        ({"each": 10, "joint": 0.91, "error": 0.001}, "small"),
        ({"each": 1_000, "joint": 0.99, "error": 0.001}, "large"),
        ({"each": 4, "top": 0.3, "low": 0.3, "joint": 0.3}, "small"),  # too few, whatever there is to gain
    ],
)
def test_large_is_where_training_is_expected_to_pay(changes, size) -> None:
    verdict = found(**changes)
    assert verdict.size == size
    assert f"{changes['each']:,} in the typical class" in verdict.how["size"]


def test_frames_of_one_thing_count_once() -> None:
    many = facts(each=1_000, joint=0.99, error=0.001)
    few = replace(many, groups=many.groups // 100)
    assert typical_class(few) == 10
    assert conclude(few, priors=PRIORS).size == "small"


def test_what_was_asked_for_is_honoured_and_what_was_measured_is_said() -> None:
    asked = conclude(facts(each=10), size="large", similarity="similar", priors=PRIORS)
    assert (asked.size, asked.similarity) == ("large", "similar")
    assert asked.how["size"].startswith("large, as asked for; measured small")


def test_concluding_twice_changes_nothing() -> None:
    once = found()
    assert conclude(once, priors=PRIORS) == once

"""From facts to verdicts: what was measured weighs against what other data sets have taught."""

from dataclasses import replace

import numpy as np
import pytest

from headstart.evidence.conclude import conclude, shortfall
from headstart.evidence.facts import CutScore, Facts
from headstart.evidence.priors import Priors
from headstart.evidence.verdict import SCRATCH, TUNED, Gain, Verdict

PRIORS = Priors(joint=(0.1, 0.2), tuning=(0.1, 0.2), steep=0.0, scratch=(0.5, 0.4), lower=0.05)


def facts(
    top: float = 0.90, low: float = 0.80, joint: float = 0.91, error: float = 0.01, each: int = 100
) -> Facts:
    """Two cuts and both together; `error` is every paired standard error."""
    n, best = each * 4, max(top, low)
    return Facts(
        n=n,
        groups=n,
        class_counts=dict.fromkeys("abcd", each),
        sampled=n,
        profile=(
            CutScore("low", low, 0.01, best - low, error),
            CutScore("top", top, 0.01, best - top, error),
        ),
        concatenated=CutScore("low+top", joint, 0.01, best - joint, error),
        control=0.5,
        control_error=error,
        curve=(),
        majority=0.25,
        entropy=None,
        source_entropy=None,
        distance=None,
        folds=5,
        typical_class=each,
    )


def found(**changes) -> Verdict:
    return conclude(facts(**changes), priors=PRIORS)


def test_where_little_can_be_measured_the_prior_says_where_to_cut() -> None:
    """All cuts lie 1 point behind: within an error of 5 that says nothing, within one of 0.1 it says all."""
    assert found(joint=0.89, error=0.05).best_cut == "low+top"
    assert found(joint=0.89, error=0.001).best_cut == "top"
    assert found(joint=0.91, error=0.001).best_cut == "low+top"


def test_what_the_best_cut_owes_to_having_been_picked_is_taken_off_its_lead() -> None:
    behind = facts(joint=0.89, error=0.001)
    assert conclude(behind, priors=PRIORS).best_cut == "top"
    owed = replace(behind, optimism=0.02)
    picked = conclude(owed, priors=PRIORS)
    assert picked.best_cut == "low+top"
    assert (
        "-1.0 ± 0.1 points against the best single cut, which looks 2.0 better than it"
        in picked.how["best_cut"]
    )
    assert owed.expected("low+top", picked.joint_lead) == pytest.approx(0.89, abs=1e-4)
    assert owed.expected("top", picked.joint_lead) == pytest.approx(0.88)  # it was picked
    assert owed.expected("low", picked.joint_lead) == 0.80  # it was not


def test_the_more_a_lower_cut_beats_the_top_the_more_training_is_expected_to_pay() -> None:
    steep = replace(PRIORS, steep=0.5)
    even, leads = facts(top=0.9, low=0.8), facts(top=0.80, low=0.85)
    assert even.steepness == 0
    assert conclude(even, priors=steep).gains == conclude(even, priors=PRIORS).gains
    assert leads.steepness == pytest.approx(0.05 / 0.20)
    said = conclude(leads, priors=steep)
    error = 1 - leads.expected(said.best_cut, said.joint_lead)
    assert said.gains[TUNED].expected == pytest.approx((0.1 + 0.5 * 0.5) * error)


def test_a_network_of_one_cut_has_no_other() -> None:
    alone = replace(facts(), profile=facts().profile[1:], concatenated=None)
    assert conclude(alone, priors=PRIORS).best_cut == "top"


def test_similar_is_a_top_that_nothing_is_expected_to_beat() -> None:
    assert found(joint=0.88, error=0.005).similarity == "similar"
    assert found(joint=0.92, error=0.005).similarity == "different"
    assert found(low=0.95, joint=0.93, error=0.005).similarity == "different"
    strong = replace(facts(joint=0.88, error=0.005), control=0.895)
    assert conclude(strong, priors=PRIORS).similarity == "different"


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"each": 100, "joint": 0.80, "top": 0.5}, "large"),  # 2 ± 4 points
        ({"each": 100, "joint": 0.96}, "small"),  # 0.4 ± 0.8: little is left to gain
        ({"each": 5, "joint": 0.80, "top": 0.5}, "large"),
        ({"each": 4, "joint": 0.80, "top": 0.5}, "small"),  # too few, whatever there is to gain
    ],
)
def test_large_is_where_training_is_worth_a_try(changes, size) -> None:
    verdict = found(**changes)
    assert verdict.size == size
    assert f"{changes['each']:,} in the typical class" in verdict.how["size"]


def test_to_try_is_worth_more_than_what_is_expected_and_than_nothing() -> None:
    assert Gain(0.0, 0.1).tried == pytest.approx(0.1 / np.sqrt(2 * np.pi))
    assert Gain(-0.05, 0.1).tried > 0
    assert Gain(0.3, 0.01).tried == pytest.approx(0.3)


def test_scratch_loses_a_share_of_the_lead_over_random_weights() -> None:
    gain = found(joint=0.90, error=0.001).gains[SCRATCH]
    assert (gain.expected, gain.spread) == (pytest.approx(-0.2), pytest.approx(0.16))


def test_training_goes_up_to_a_lower_cut_that_is_much_better() -> None:
    assert found(top=0.80, low=0.84).trained_cut == "top"
    assert found(top=0.80, low=0.86).trained_cut == "low"
    alone = replace(facts(), profile=facts().profile[1:], concatenated=None)
    assert conclude(alone, priors=PRIORS).trained_cut == "top"


def test_what_was_asked_for_is_honoured_and_what_was_measured_is_said() -> None:
    asked = conclude(facts(each=4), size="large", similarity="similar", priors=PRIORS)
    assert (asked.size, asked.similarity) == ("large", "similar")
    assert asked.how["size"].startswith("large, as asked for; measured small")


def test_all_cuts_that_make_a_set_different_are_said() -> None:
    assert (
        "all cuts side by side are expected to be better" in found(joint=0.92, error=0.005).how["similarity"]
    )
    assert "all cuts" not in found(joint=0.88, error=0.005).how["similarity"]


@pytest.mark.parametrize(
    ("measured", "missed"),
    [
        (facts(joint=0.88, error=0.01), -1.0),  # none behind, and 40 errors above random weights
        (facts(top=0.80, low=0.85, joint=0.8, error=0.01), 4.0),  # five behind, one is allowed
        (replace(facts(error=0.01), control=0.895), 1.5),  # half an error above, two are needed
        (replace(facts(error=0.0), control=0.95), np.inf),
    ],
)
def test_what_the_top_misses_is_told_in_standard_errors(measured: Facts, missed: float) -> None:
    assert shortfall(measured) == pytest.approx(missed)

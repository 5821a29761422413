"""From facts to verdicts: what was measured weighs against what other data sets have taught."""

from dataclasses import replace

import numpy as np
import pytest

from headstart.evidence.conclude import conclude
from headstart.evidence.facts import CurvePoint, CutScore, Facts
from headstart.evidence.priors import Priors
from headstart.evidence.size import LINE
from headstart.evidence.trial import WORTH
from headstart.evidence.verdict import SCRATCH, TUNED, Gain, Verdict

PRIORS = Priors(joint=(0.1, 0.2), tuning=(0.1, 0.2), steep=0.0, decade=0.0, scratch=(0.5, 0.4), lower=0.05)


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
        effective=n,
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


def test_similar_is_what_shows_no_sign_of_the_opposite() -> None:
    assert found(joint=0.88).similarity == "similar"
    assert found(joint=0.97).similarity == "similar"  # all cuts side by side say nothing about it
    assert found(low=0.95, joint=0.88).similarity == "different"  # half the errors of the top
    strong = replace(facts(), control=0.895)
    assert conclude(strong, priors=PRIORS).similarity == "different"
    near, far = (replace(facts(), distance=value, distance_error=0.01) for value in (0.4, 1.2))
    assert [conclude(each, priors=PRIORS).similarity for each in (near, far)] == ["similar", "different"]


def test_the_index_has_an_interval_that_errors_widen() -> None:
    for error in (0.001, 0.02):
        index, low, high = found(error=error).index
        assert low <= index <= high
        assert high > low
    sure, unsure = (found(error=error).index for error in (0.001, 0.02))
    assert unsure[2] - unsure[1] > sure[2] - sure[1]


@pytest.mark.parametrize(
    ("effective", "curve", "size", "line"),
    [
        (2_000, (0.999, 0.999), "small", 2_000),  # the lower mark, whatever the curve says
        (2_001, (0.999, 0.999), "large", 2_000),  # flat: nothing is left to learn from more
        (5_000, (0.70, 0.75), "small", 10_000),
        (20_000, (0.70, 0.75), "large", 10_000),
        (20_000, (0.40, 0.60), "small", 44_721),
        (60_000, (0.40, 0.60), "large", 44_721),
        (2_000_000, (0.40, 0.60), "large", 44_721),
    ],
)
def test_size_counts_pictures_and_the_curve_draws_the_line_between_the_marks(
    effective: int, curve: tuple[float, float], size: str, line: float
) -> None:
    points = tuple(CurvePoint(n, accuracy, 0.01) for n, accuracy in zip((200, 400), curve, strict=True))
    verdict = conclude(replace(facts(), n=effective, sampled=effective, effective=effective, curve=points))
    assert (verdict.size, round(verdict.line)) == (size, line)


@pytest.mark.parametrize("curve", [(), (0.25, 0.25)])
def test_a_curve_that_says_nothing_draws_no_line(curve: tuple[float, ...]) -> None:
    """None, or one of a probe that is no better than naming the most frequent class."""
    points = tuple(CurvePoint(n, accuracy, 0.01) for n, accuracy in zip((200, 400), curve, strict=False))
    verdict = conclude(replace(facts(), n=5_000, effective=5_000, curve=points))
    assert (verdict.size, verdict.line, verdict.doubling) == ("small", LINE, None)
    assert "twice as many" not in verdict.how["size"]


def test_frames_count_for_what_they_add() -> None:
    frames = replace(facts(), n=20_000, groups=1_300, effective=1_900)
    verdict = conclude(frames)
    assert verdict.size == "small"
    assert "20,000 pictures in 1,300 groups, worth 1,900 single ones" in verdict.how["size"]


@pytest.mark.parametrize(
    ("changes", "pays"),
    [
        ({"each": 100, "joint": 0.80, "top": 0.5}, True),  # 2 ± 4 points
        ({"each": 100, "joint": 0.96}, False),  # 0.4 ± 0.8: little is left to gain
        ({"each": 4, "joint": 0.80, "top": 0.5}, False),  # too few, whatever there is to gain
    ],
)
def test_training_is_tried_where_that_is_worth_it(changes, pays) -> None:
    assert found(**changes).pays == pays


def test_nothing_is_tried_on_a_wide_spread_alone() -> None:
    wide = replace(PRIORS, tuning=(-0.01, 0.9))
    verdict = conclude(facts(), priors=wide)
    assert Gain(verdict.gains[TUNED].expected, verdict.gains[TUNED].spread).tried > WORTH
    assert not verdict.pays
    assert "no gain to try for" in verdict.how["pays"]


def test_more_pictures_promise_more_of_training_as_far_as_was_measured() -> None:
    learns = replace(PRIORS, decade=0.1)
    gains = [
        conclude(replace(facts(), n=n), priors=learns).gains[TUNED].expected
        for n in (100, 1_000, 10_000, 10**6)
    ]
    assert gains[0] < gains[1] < gains[2] == gains[3]


def test_to_try_is_worth_more_than_what_is_expected_and_than_nothing() -> None:
    assert Gain(0.0, 0.1).tried == pytest.approx(0.1 / np.sqrt(2 * np.pi))
    assert Gain(-0.05, 0.1).tried > 0
    assert Gain(0.3, 0.01).tried == pytest.approx(0.3)


def test_where_few_pictures_choose_a_try_is_worth_less() -> None:
    worth = [Gain(0.02, 0.06, error).tried for error in (0.0, 0.03, 0.1, 10.0)]
    assert worth == sorted(worth, reverse=True)
    assert worth[-1] == pytest.approx(0.02, abs=1e-3)  # nothing is told: what was expected is all there is


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

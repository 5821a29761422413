"""From features to verdicts, on features whose truth is known."""

import json

import numpy as np
import pytest

from headstart.backbone.backbone import Source, Stage
from headstart.errors import DataError
from headstart.evidence import nearness
from headstart.evidence.conclude import conclude
from headstart.evidence.evidence import Evidence
from headstart.evidence.gather import gather
from headstart.evidence.priors import Priors
from headstart.evidence.totals import Totals
from headstart.extraction.features import Features
from headstart.intervals import optimism

STAGES = (
    Stage("low", "low", 4, "NCHW", 4, 100),
    Stage("mid", "mid", 6, "NCHW", 8, 200),
    Stage("pre_logits", "fc", 10, "NC", 0, 300),
)
CLASSES = ("a", "b", "c")
N = 240


def features(signal: dict[str, float], seed: int = 0, logits: bool = True) -> Features:
    """Each cut carries its class with the given strength."""
    rng = np.random.default_rng(seed)
    x = {}
    for stage in STAGES:
        width = stage.width("avgstd")
        centres = rng.normal(size=(3, width)) * signal[stage.name]
        x[stage.name] = (centres[LABELS] + rng.normal(size=(N, width))).astype(np.float32)
    return Features(x, rng.normal(size=(N, 20)).astype(np.float32) if logits else None)


LABELS = np.arange(N) % 3
TOTALS = Totals(N, N, dict.fromkeys(CLASSES, 80), 80)
NOISE = {"low": 0.0, "mid": 0.0, "pre_logits": 0.0}
# A top that what lies below it can only spoil.
CLEAR_TOP = NOISE | {"pre_logits": 0.55}


# All cuts together are expected to be as good as the best one.
PRIORS = Priors(joint=(0.0, 0.02), tuning=(0.1, 0.2), steep=0.0, decade=0.0, scratch=(0.5, 0.4), lower=0.05)


def weighed(signal: dict[str, float], *, size=None, similarity=None, controls=(1, 2), **changes) -> Evidence:
    values = {
        "labels": LABELS,
        "groups": np.arange(N),
        "classes": CLASSES,
        "stages": STAGES,
        "totals": TOTALS,
        "source": Source("somewhere", 20),
        "seed": 0,
    } | changes
    facts = gather(features(signal), [features(NOISE, seed) for seed in controls], **values)
    return Evidence(facts, conclude(facts, size=size, similarity=similarity, priors=PRIORS))


def test_strong_top_is_similar_and_small() -> None:
    found = weighed(CLEAR_TOP)
    assert (found.similarity, found.best_cut) == ("similar", "pre_logits")
    assert found.top.behind == 0
    assert [row.cut for row in found.profile] == [stage.name for stage in STAGES]
    assert found.control < 0.5 < found.top.accuracy
    assert found.concatenated is not None
    assert found.concatenated.cut == "low+mid+pre_logits"
    assert found.majority == pytest.approx(1 / 3)
    assert found.folds == 5
    assert found.reach is not None
    assert found.reach.n == 2 * N
    assert found.curve[-1].accuracy - 0.02 < found.reach.accuracy <= found.reach.high <= 1


def test_beyond_the_sample_the_curve_is_continued() -> None:
    many = Totals(5_000, 5_000, dict.fromkeys(CLASSES, 1_666), 1_666)
    found = weighed({"low": 0.1, "mid": 0.3, "pre_logits": 0.5}, totals=many)
    assert found.reach is not None
    assert found.reach.n == 5_000
    assert found.reach.high - found.reach.low > 0.01
    assert "fitted, not measured" in found.how["reach"]
    assert Evidence.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_logme_tells_features_that_explain_from_those_that_do_not() -> None:
    telling, silent = (weighed(NOISE | {"pre_logits": signal}).logme for signal in (1.0, 0.0))
    assert telling is not None
    assert silent is not None
    assert telling > silent + 0.1


def test_strong_middle_is_different_and_case_2_cuts_there() -> None:
    found = weighed({"low": 0.0, "mid": 0.55, "pre_logits": 0.0})
    assert (found.similarity, found.best_cut) == ("different", "mid")
    assert found.top.behind > found.top.behind_error > 0


def test_of_cuts_that_cannot_be_told_apart_the_top_is_taken_and_below_it_the_shallower_one() -> None:
    assert weighed({"low": 8.0, "mid": 8.0, "pre_logits": 8.0}).best_cut == "pre_logits"
    assert weighed({"low": 8.0, "mid": 8.0, "pre_logits": 0.0}).best_cut == "low"


def test_what_random_weights_reach_too_is_not_similar() -> None:
    strong = {"low": 0.1, "mid": 0.2, "pre_logits": 1.0}
    facts = gather(
        features(strong),
        [features(strong, 7)],
        labels=LABELS,
        groups=np.arange(N),
        classes=CLASSES,
        stages=STAGES,
        totals=TOTALS,
        source=Source("", 0),
        seed=0,
    )
    found = conclude(facts, priors=PRIORS)
    assert found.similarity == "different"
    assert "of the errors of random weights" in found.how["similarity"]


def test_shuffled_labels_are_not_similar() -> None:
    shuffled = np.random.default_rng(3).permutation(LABELS)
    assert weighed({"low": 1.0, "mid": 1.0, "pre_logits": 2.0}, labels=shuffled).similarity == "different"


def test_overruled_verdicts_are_honoured_and_said() -> None:
    found = weighed(CLEAR_TOP, size="large", similarity="different")
    assert (found.size, found.similarity) == ("large", "different")
    assert found.how["size"].startswith("large, as asked for; measured")
    assert found.how["similarity"].startswith("different, as asked for; measured similar")


def test_curve_ends_in_the_cross_validated_accuracy_of_its_folds() -> None:
    found = weighed({"low": 0.1, "mid": 0.3, "pre_logits": 0.6})
    assert len(found.curve) == 3
    assert found.curve[-1].accuracy == pytest.approx(max(row.accuracy for row in found.profile), abs=0.03)
    assert [point.n for point in found.curve] == [48, 96, 192]


def test_same_arguments_same_evidence_and_json() -> None:
    signal = {"low": 0.1, "mid": 0.3, "pre_logits": 1.0}
    found = weighed(signal)
    assert found == weighed(signal)
    assert Evidence.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize("per_class", [1, 2, 3])
def test_very_few_pictures_pass_through(per_class: int) -> None:
    index = np.arange(3 * per_class)
    facts = gather(
        features({"low": 0.1, "mid": 0.3, "pre_logits": 3.0}).take(index),
        [features(NOISE).take(index)],
        labels=LABELS[index],
        groups=index,
        classes=CLASSES,
        stages=STAGES,
        totals=Totals(len(index), len(index), dict.fromkeys(CLASSES, per_class), per_class),
        source=Source("", 0),
        seed=0,
    )
    found = conclude(facts, priors=PRIORS)
    assert found.size == "small"
    assert "fixed" in facts.how["profile"]


def test_one_group_and_no_control_are_refused() -> None:
    with pytest.raises(DataError, match="one group"):
        weighed(NOISE, groups=np.zeros(N, dtype=np.int64))
    with pytest.raises(ValueError, match="control"):
        gather(
            features(NOISE),
            [],
            labels=LABELS,
            groups=LABELS,
            classes=CLASSES,
            stages=STAGES,
            totals=TOTALS,
            source=Source("", 0),
            seed=0,
        )


def test_entropy_between_certain_and_no_idea() -> None:
    assert nearness.entropy(np.zeros((5, 10), np.float32)) == pytest.approx(1)
    assert nearness.entropy(np.eye(10, dtype=np.float32)[:5] * 1000) == pytest.approx(0, abs=1e-6)
    assert nearness.entropy(None) is None


def test_distance_is_the_factor_that_the_typical_channel_is_off_by() -> None:
    found = features(NOISE)
    x = np.abs(found.x["mid"]) + 1.0
    positive = Features({**found.x, "mid": x}, None)
    mean, groups = x[:, :6].astype(np.float64).mean(0), np.arange(N)

    def distance(usual: np.ndarray) -> nearness.Distance | None:
        statistics = {"mid": {"mean": usual.tolist()}}
        return nearness.distance(positive, groups, STAGES, Source("there", 20, statistics=statistics))

    same, twice, half = distance(mean), distance(2 * mean), distance(mean / 2)
    assert same
    assert twice
    assert half
    assert (same.stage, same.value) == ("mid", pytest.approx(0, abs=1e-6))
    assert twice.value == pytest.approx(np.log(2)) == half.value
    assert 0 < twice.error < 0.1
    silent = np.where(np.arange(6) == 0, 1e-9, mean)
    quiet = distance(silent)
    assert quiet
    assert quiet.value == pytest.approx(0, abs=1e-6)  # what the source leaves silent tells nothing
    assert distance(-mean) is None
    assert nearness.distance(positive, groups, STAGES, Source("there", 20)) is None


def test_frames_of_one_thing_count_for_what_they_add() -> None:
    """Groups that are right or wrong as one count as one picture each; where frames differ, for more."""
    rng, groups = np.random.default_rng(0), np.repeat(np.arange(60), 5)
    alike = np.repeat(rng.random(60) < 0.7, 5)
    apart = rng.random(300) < 0.7
    totals = Totals.count(np.arange(300) % 3, groups, CLASSES)
    assert (totals.n, totals.groups, totals.group_size) == (300, 60, 5)
    assert totals.worth(alike, groups) == pytest.approx(60, rel=0.05)
    assert totals.worth(apart, groups) > 200
    alone = Totals.count(LABELS, np.arange(N), CLASSES)
    assert alone.worth(rng.random(N) < 0.7, np.arange(N)) == N
    larger = Totals(3_000, 60, {}, 20, group_size=50)  # of each group ten times as many as were measured
    assert 60 <= larger.worth(alike, groups) < 70


def test_the_best_of_many_owes_something_to_having_been_picked() -> None:
    """Of equal columns the best is picked by chance alone; one that is far ahead is not, nor is the only one."""
    rng, groups = np.random.default_rng(0), np.arange(200)
    equal = rng.random((200, 8)) < 0.5
    owed = equal.mean(axis=0).max() - 0.5
    assert 0.5 * owed < optimism(equal, groups) < 1.5 * owed
    ahead = np.concatenate([equal, rng.random((200, 1)) < 0.9], axis=1)
    assert optimism(ahead, groups) < 0.005
    assert optimism(equal[:, :1], groups) == 0
    assert optimism(np.repeat(equal, 3, axis=0), np.repeat(groups, 3)) == optimism(equal, groups)
    assert optimism(equal[:1], groups[:1]) == 0  # one group: every draw is the whole


def test_probes_are_counted_to_their_end(counted) -> None:
    """Three cuts of three networks, all cuts side by side, and the curve."""
    weighed(CLEAR_TOP)
    assert counted["probing"] == [11, 11]


def test_few_pictures_say_the_same_however_they_are_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    def spread() -> float:
        return float(
            np.std(
                [
                    weighed({"low": 0.2, "mid": 0.3, "pre_logits": 0.4}, seed=seed).top.accuracy
                    for seed in range(8)
                ]
            )
        )

    steady = spread()
    monkeypatch.setattr("headstart.evidence.gather.MOST_FOLDINGS", 1)
    assert steady < spread() / 2

"""Plan ↔ TOML: an exact round trip, and every bad key named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.errors import PlanError
from headstart.heads.head import CLASS_WEIGHTS, HEAD_INITS
from headstart.planning import cases, toml
from headstart.planning.plan import FALLBACKS, INITS, POOLS, Plan, Row
from headstart.planning.recipe import Recipe

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
rates = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(-(2**40), 2**40)
recipes = st.builds(
    Recipe, counts, rates, rates, counts, rates, rates, st.sampled_from(["none", "light"]), rates, counts
)
plans = st.builds(
    Plan,
    case=st.integers(0, 4),
    backbone=words,
    weights_sha256=words,
    rows=st.lists(st.builds(Row, words, st.sampled_from(INITS), rates), max_size=4).map(tuple),
    cut=st.lists(words, max_size=3).map(tuple),
    pool=st.sampled_from(POOLS),
    image_size=counts,
    head_layers=st.integers(1, 2),
    head_init=st.sampled_from(HEAD_INITS),
    fallback=st.sampled_from(FALLBACKS),
    class_weight=st.sampled_from(CLASS_WEIGHTS),
    recipe=recipes,
    seed=counts,
    runtime=words,
    precision=words,
    reasons=st.lists(words, max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(plans)
def test_round_trip_is_exact(plan: Plan) -> None:
    assert toml.loads(toml.dumps(plan)) == plan


@pytest.fixture
def text(backbone) -> str:
    return toml.dumps(cases.make(3, backbone))


def test_header_explains_and_rows_read_as_a_table(text: str) -> None:
    assert text.startswith("# A plan of headstart")
    for field in ("cut", "pool", "rows", "head_layers", "fallback", "recipe"):
        assert f"# {field} " in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('pool = "avg"', 'pol = "avg"', "unknown key 'pol'; did you mean 'pool'"),
        (
            '{ stage = "stem", init = "pretrained", lr_scale = 1.0 }',
            '"stem"',
            "plan: row 1 is 'stem'; expected a table",
        ),
        ('pool = "avg"\n', "", "'pool' is missing"),
        ("case = 3", 'case = "3"', r"case is '3'; expected a whole number"),
        ("case = 3", "case = true", r"case is True; expected a whole number"),
        ("learning_exponent = 0.0", 'learning_exponent = "a"', "learning_exponent is 'a'; expected a number"),
        ("epochs = ", "epoch = ", "recipe: unknown key 'epoch'"),
        ("lr_scale = 1.0 ", 'lr_scale = "slow" ', "plan: row 'stem': lr_scale is 'slow'; expected a number"),
        (", lr_scale = 1.0 ", " ", "plan: row 'stem': key 'lr_scale' is missing; expected a number; add it"),
        (
            'backbone = "',
            "backbone = ",
            r"line \d+, 'backbone = timm:handmade\"', is not valid TOML \(Invalid value\)",
        ),
    ],
)
def test_bad_plans_name_the_key(text: str, old: str, new: str, message: str) -> None:
    assert old in text
    with pytest.raises(PlanError, match=message):
        toml.loads(text.replace(old, new, 1))


def test_whole_numbers_pass_as_rates(text: str) -> None:
    plan = toml.loads(text.replace("lr = 0.001", "lr = 1"))
    assert plan.recipe.lr == 1.0
    assert isinstance(plan.recipe.lr, float)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"body.0"', '"body.7"', "row 'body.7' is not a stage"),
        ('init = "pretrained"', 'init = "warm"', "init is 'warm'"),
        ("lr_scale = 1.0", "lr_scale = -1.0", "lr_scale is -1"),
        ('cut = [\n    "pre_logits",\n]', 'cut = ["body.1"]', "above the cut"),
    ],
)
def test_edited_rows_that_do_not_hold_are_refused(backbone, text, old, new, message) -> None:
    assert old in text
    plan = toml.loads(text.replace(old, new, 1))
    with pytest.raises(PlanError, match=message):
        plan.validate(backbone.stage_names)


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ("case = 3", "case = 1", 3),
        ('fallback = "probe"', 'fallback = "both"', 3),
        ('init = "pretrained"', 'init = "random"', 4),
        ('"stem", init = "pretrained", lr_scale = 1.0', '"stem", init = "pretrained", lr_scale = 0.0', 0),
    ],
)
def test_the_table_says_which_case_it_is(text: str, old: str, new: str, case: int) -> None:
    """Whatever its label; every `init` is changed, and one rate."""
    assert old in text
    assert toml.loads(text.replace(old, new)).case_of("pre_logits") == case


@pytest.mark.parametrize(
    ("case", "cut"), [(1, None), (2, "body.1"), (2, "stem+body.0"), (3, "body.1"), (4, None)]
)
def test_a_case_as_it_is_made_is_that_case(backbone, case: int, cut: str | None) -> None:
    assert cases.make(case, backbone, cut=cut).case_of("pre_logits") == case


def test_random_and_frozen_is_refused(backbone, text: str) -> None:
    edited = text.replace('init = "pretrained"', 'init = "random"', 1).replace(
        "lr_scale = 1.0", "lr_scale = 0", 1
    )
    with pytest.raises(PlanError, match="'stem' is random and frozen"):
        toml.loads(edited).validate(backbone.stage_names)

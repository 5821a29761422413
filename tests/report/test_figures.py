"""The charts: what they place where."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.assess.evaluation import Evaluation
from headstart.planning.four import CASES, Case
from headstart.report import cases, confusion, figures, svg
from headstart.report.measured import learning_curve, profile
from headstart.report.strip import strip
from tests.evidence.made import changed
from tests.report import sample


@given(st.text(), st.text())
def test_an_element_gives_back_the_text_it_was_given(words: str, fact: str) -> None:
    from xml.etree import ElementTree

    parsed = ElementTree.fromstring(svg.element("text", words, aria_label=fact))
    assert (parsed.text or "").replace("\n", " ") == svg.clean(words).replace("\n", " ")
    assert parsed.get("aria-label", "").split() == svg.clean(fact).split()


def test_own_markup_is_not_escaped_twice() -> None:
    assert svg.group(svg.element("text", "a & b")) == "<g><text>a &amp; b</text></g>"


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.8, 1), (0, 2.37), (3, 4), (1, 300), (0.5, 0.6)])
def test_steps_are_round_and_inside(low: float, high: float) -> None:
    found = svg.steps(low, high)
    assert 2 <= len(found) <= 6
    assert all(low - 1e-9 <= step <= high + 1e-9 for step in found)
    gaps = np.diff(found)
    assert np.allclose(gaps, gaps[0])


def test_a_log_scale_puts_the_geometric_mean_in_the_middle() -> None:
    assert svg.Scale(1, 10_000, 0, 100, log=True)(100) == pytest.approx(50)


def test_long_names_keep_both_ends() -> None:
    assert svg.shortened("blocks.12.attention.output", 12) == "blocks.1…put"
    assert svg.shortened("short", 12) == "short"


@given(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    st.floats(1, 1e9),
    st.sampled_from((2_000, 10_000, 44_721)),
    st.sampled_from(CASES),
)
def test_the_data_set_stands_on_the_side_of_its_size_and_similarity(
    index: tuple[float, float, float], effective: float, line: float, case: Case
) -> None:
    measured = sample.evidence(("a", "b"), size=case.size, similarity=case.similarity)
    low, value, high = sorted(index)
    measured = changed(measured, effective=effective, line=line, index=(value, low, high))
    across, down = cases.place(measured)
    assert 0 < across < 0.5 if case.similarity == "similar" else 0.5 < across < 1
    assert 0 < down < 0.5 if case.size == "small" else 0.5 < down < 1


def test_the_line_stands_in_the_middle_of_a_logarithmic_axis() -> None:
    assert cases.depth(10_000, 10_000) == 0.5
    assert cases.depth(100_000, 10_000) - 0.5 == pytest.approx(0.5 - cases.depth(1_000, 10_000))


def test_each_case_accounts_for_all_six_layers_of_the_demonstration_network() -> None:
    for case in CASES:
        assert len(case.layers) + case.dropped == 6
        assert strip(case).count("<rect") == 7  # six layers and the new head


def test_one_point_makes_no_learning_curve() -> None:
    measured = sample.evidence(("a", "b"))
    assert learning_curve(changed(measured, curve=measured.curve[:1])) is None
    assert learning_curve(changed(measured, curve=())) is None


def test_a_profile_of_one_cut_and_of_many_can_be_drawn() -> None:
    measured = sample.evidence(("a", "b"))
    assert profile(changed(measured, profile=measured.profile[-1:], concatenated=None)).drawing
    many = tuple(replace(measured.profile[0], cut=f"features.{index}") for index in range(40))
    assert profile(changed(measured, profile=many)).drawing.count("<circle") == 41


def test_a_far_off_majority_line_is_told_not_drawn() -> None:
    measured = sample.evidence(("a", "b"))
    assert ("majority", "majority class, 10.2\u202f%, below the axis") in profile(measured).legend
    near = profile(changed(measured, majority=0.84))
    assert ("majority", "majority class, 84.0\u202f%") in near.legend
    assert 'class="majority"' in near.drawing


def test_history_parts_into_curves_and_skips_what_is_not_finite() -> None:
    first, second = sample.history(5), sample.history(3)
    accuracy, loss = figures.history((*first, replace(second[0], train_loss=math.nan), *second[1:]))
    assert [name for _, name in accuracy.legend] == ["curve 1, others", "curve 2, others"]
    assert accuracy.drawing.count("<path") == loss.drawing.count("<path") == 2
    assert "nan" not in loss.drawing
    assert figures.history(()) == ()


def test_history_without_selection_pictures_shows_the_loss_alone() -> None:
    rows = [replace(epoch, selection_accuracy=None) for epoch in sample.history(4)]
    (loss,) = figures.history(rows)
    assert loss.caption == "Loss"


def test_one_epoch_can_be_drawn() -> None:
    assert len(figures.history(sample.history(1))) == 2


def test_arms_name_their_curves() -> None:
    rows = [replace(e, phase=name) for name in ("pre-trained", "scratch") for e in sample.history(3)]
    assert [name for _, name in figures.history(rows)[0].legend] == [
        "pre-trained, others",
        "scratch, others",
    ]


def test_pairs_are_the_confusions_off_the_diagonal() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 2])
    guess = np.array([0, 1, 1, 2, 1, 0, 2])
    result = Evaluation("test", ("a", "b", "c"), labels, np.eye(3, dtype=np.float32)[guess])
    found = [(pair.label, pair.prediction, pair.count, pair.share) for pair in confusion.pairs(result.scored)]
    assert found == [("a", "b", 2, 0.5), ("a", "c", 1, 0.25), ("b", "a", 1, 0.5)]


def test_a_class_without_pictures_leaves_an_empty_row() -> None:
    result = Evaluation("test", ("a", "b"), np.array([0, 0]), np.array([[0.9, 0.1], [0.2, 0.8]], np.float32))
    drawn = confusion.drawn(result.scored)
    assert drawn is not None
    assert drawn.count('class="empty"') == 2
    assert drawn.count('class="right"') == 1
    assert drawn.count('class="wrong"') == 1


def test_another_line_moves_the_marks_on_the_chart() -> None:
    measured = changed(sample.evidence(("a", "b"), similarity="similar"), line=10_000)
    assert str(cases.chart(measured, 1)) != str(cases.chart(changed(measured, line=2_000), 1))


def test_classes_that_are_taken_for_each_other_stand_together() -> None:
    table = 20 * np.eye(6, dtype=int)
    for a, b, n in ((0, 4, 9), (4, 0, 7), (2, 5, 4), (5, 0, 3)):
        table[a, b] = n
    order = confusion.together(table)
    assert sorted(order) == list(range(6))
    assert abs(order.index(0) - order.index(4)) == 1
    assert abs(order.index(2) - order.index(5)) == 1
    assert order[-2:] == [1, 3]  # taken for nothing


def test_nothing_confused_leaves_the_order() -> None:
    assert confusion.together(np.diag([3, 0, 5])) == [0, 1, 2]


def test_each_cell_shows_its_own_pictures(tmp_path: Path) -> None:
    result = sample.evaluation(3).scored
    drawing = confusion.drawn(result, {(0, 1)})
    assert drawing.count("<a ") == 1
    assert f'href="#{confusion.anchor(0, 1)}"' in drawing


@pytest.mark.parametrize("classes", [51, 200, 1000])
def test_from_afar_a_matrix_of_many_classes_is_small(classes: int) -> None:
    drawing = confusion.drawn(sample.evaluation(classes, n=4 * classes).scored)
    assert "afar" in drawing
    assert len(drawing) < 150_000

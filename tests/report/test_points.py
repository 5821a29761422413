"""Operating points and levels in the page: drawn, told, escaped, readable at 200 classes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from headstart.assess.evaluation import Evaluation
from headstart.assess.levels import levels
from headstart.assess.points import Expert, points
from headstart.data.taxonomy import Taxonomy
from headstart.model.decision import Decision, Threshold
from headstart.report import render
from tests.report import sample


def page(tmp_path: Path, **more: object) -> str:
    return render(replace(sample.run(tmp_path), **more))


def test_a_curve_with_people_and_a_wanted_sensitivity(tmp_path):
    held = sample.evaluation(3, rate=0.8)
    one = Threshold("class 1", 0.95, 0.3, 0.2, 0.4, 60, 0.95)
    found = points(
        held, Decision(held.classes, (one,)), experts={"class 1": [Expert(sample.HOSTILE, 0.5, 0.5)]}
    )
    html = page(tmp_path, points=found)
    assert "Operating points" in html
    assert re.search(r"The curve passes above \d of 1 person", html)
    assert "wanted: 95" in html
    assert 'class="mean"' in html
    assert sample.HOSTILE not in html


def test_costs_are_told(tmp_path):
    held = sample.evaluation(3, rate=0.8)
    found = points(held, Decision(held.classes, costs=((0.0, 9.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0))))
    assert "likeliest class costs" in page(tmp_path, points=found)


def test_a_run_without_them_shows_nothing(tmp_path):
    html = page(tmp_path)
    assert 'id="points"' not in html
    assert 'id="levels"' not in html


def test_a_tree_of_200_classes_is_one_table(tmp_path):
    inner = [f"kind {number}" for number in range(20)]
    names = [f"class {number}" for number in range(200)]
    parents = [-1, *(0 for _ in inner), *(1 + number % 20 for number in range(200))]
    tree = Taxonomy(("", *inner, *names), tuple(parents), {sample.HOSTILE: "class 7"}, "tree.yaml")
    labels = np.arange(600) % 200
    p = np.full((600, 200), 0.001, np.float32)
    p[np.arange(600), (labels + (np.arange(600) % 3 == 0)) % 200] = 0.8
    held = Evaluation("held-out", tree.classes, labels, p / p.sum(1, keepdims=True))
    html = page(tmp_path, levels=levels(held, tree))
    assert html.count('<th scope="row" style="--depth: 0">') == 20
    assert html.count('<th scope="row" style="--depth: 1">') == 200
    assert "stands for &lt;script&gt;" in html
    assert "steps off in the tree" in html
    assert len(html) < 400_000

"""The report's section on how sure the model is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from headstart.assess import Evaluation, Sureness
from headstart.certainty import Certainty
from headstart.report import Album, kept, render
from tests.assess.test_reliability import made
from tests.report.sample import run as sample


def test_it_draws_a_dot_for_each_bin_and_tells_every_wanted_coverage(tmp_path: Path) -> None:
    found = Sureness.of(*made())
    page = render(replace(sample(tmp_path), certainty=found))
    section = page[page.index('<section id="certainty">') :].partition("</section>")[0]
    assert section.count("<circle") == len(found.after.bins)
    assert all(f'<th scope="row">{100 * one.wanted:.0f}' in section for one in found.coverages)
    assert "--coverage 0.9" in section or not sample(tmp_path).bundle


def test_a_model_that_cannot_tell_says_so(tmp_path: Path) -> None:
    evaluation, _ = made()
    plain = Evaluation("test", evaluation.classes, evaluation.labels, evaluation.probabilities)
    page = render(replace(sample(tmp_path), certainty=Sureness.of(plain, Certainty())))
    assert "Too few" in page[page.index('<section id="certainty">') :]


def test_it_is_made_again_from_what_is_kept(tmp_path: Path) -> None:
    told = replace(sample(tmp_path), certainty=Sureness.of(*made()))
    album = Album(told.backbone.preprocess.levels)
    render(told, album)
    assert kept.from_dict(kept.to_dict(told, album))[0].certainty == told.certainty

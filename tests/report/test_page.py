"""The report: complete, self-contained, and unmoved by hostile names."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from headstart.report import Contents, Judged, write
from headstart.report.page import render
from tests.report import sample

_VOID = {"meta", "img", "br", "link", "input", "hr"}


class _Page(HTMLParser):
    """Collects tags, identifiers, sources and text, and holds that every tag is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name == "id":
                self.ids.append(value or "")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def _drawings(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)]


@pytest.mark.parametrize("case", [1, 2, 3, 4])
def test_every_case_has_its_sections_and_its_place_on_the_chart(tmp_path: Path, case: int) -> None:
    page = _Page(render(sample.run(tmp_path, pictures=5, case=case)))
    expected = {
        "result",
        "case",
        "plan",
        "evidence",
        "arms",
        "confusion",
        "classes",
        "pictures",
        "quarantine",
        "notes",
    }
    assert expected | ({"training"} if case > 2 else set()) == set(page.ids)
    assert f"Case {case}: " in page.words
    assert page.words.count("this data set") == 2  # its name and its tooltip
    assert "points at case" not in page.words
    assert ("frozen" in page.words) is True


def test_the_pictures_the_lesson_s_case_and_what_is_done_are_told_apart(tmp_path: Path) -> None:
    run = sample.run(tmp_path, case=1)
    summary = ("The data: few.", "The lesson: case 2.", "What is done: case 3's way.")
    plan = replace(sample.plan(3, run.backbone), lesson=2, summary=summary)
    words = _Page(render(replace(run, plan=plan))).words
    assert "The pictures are a small set, similar: the lesson's case 2" in words
    assert all(said in words for said in summary)
    assert "Case 3: this is done" in words


def test_what_was_planned_and_what_was_kept_are_told_apart(tmp_path: Path) -> None:
    run = sample.run(tmp_path, case=3)
    words = _Page(render(replace(run, kept=sample.plan(1, run.backbone)))).words
    assert "Case 1: this is kept" in words
    assert "Case 3: this was planned" in words


def test_a_plan_that_is_none_of_the_four_is_called_its_own(tmp_path: Path) -> None:
    run = sample.run(tmp_path)
    page = _Page(render(replace(run, plan=replace(run.plan, case=0))))
    assert "this is done" not in page.words


@pytest.mark.parametrize("classes", [2, 10, 50, 51, 60])
def test_drawings_are_well_formed_and_named_for_any_number_of_classes(tmp_path: Path, classes: int) -> None:
    html = render(sample.run(tmp_path, classes=classes, hostile=True))
    drawings = _drawings(html)
    assert len(drawings) == html.count("<svg")
    assert all(drawing.get("role") in ("img", "group") and drawing.get("aria-label") for drawing in drawings)
    heat = [drawing for drawing in drawings if "heat" in (drawing.get("class") or "")]
    assert len(heat) == 1
    assert ("Most confused pairs" in _Page(html).words) is (classes > 50)


def test_hostile_names_are_text_everywhere(tmp_path: Path) -> None:
    html = render(sample.run(tmp_path, hostile=True, command="headstart train '<img src=x onerror=y>'"))
    page = _Page(html)
    assert "script" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert page.words.count(sample.HOSTILE) > 20
    assert "<img src=x" in page.words
    assert page.tags.count("img") == 3


def test_control_and_direction_characters_do_not_reach_the_page(tmp_path: Path) -> None:
    names = ("a\x00b\u202egnp", "plain\udcff")
    run = replace(
        sample.run(tmp_path, pictures=0),
        evaluations=(sample.evaluation(2, names=names).scored,),
        title=names[0],
    )
    write(tmp_path / "report.html", run)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search("[\x00\u202e\udcff]", html)
    assert "a\ufffdb\ufffdgnp" in html
    assert _drawings(html)


def test_nothing_is_fetched(tmp_path: Path) -> None:
    html = render(sample.run(tmp_path, case=4))
    page = _Page(html)
    assert "http://" not in html
    assert "https://" not in html
    assert "url(" not in html
    assert "@import" not in html
    assert not {"script", "link", "iframe", "object", "embed"} & set(page.tags)
    targets = [
        value for _, name, value in page.attributes if name in ("src", "href", "srcset", "data", "action")
    ]
    assert targets
    assert all(value.startswith(("data:image/jpeg;base64,", "#")) for value in targets)
    assert {value[1:] for value in targets if value.startswith("#")} <= set(page.ids)


def test_a_picture_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes(b"\x89PNG torn")
    torn = Judged(str(tmp_path / "torn.png"), "class 0", "class 1", 0.9)
    run = sample.run(tmp_path, pictures=2)
    page = _Page(render(replace(run, mistakes=(*run.mistakes, torn))))
    assert page.tags.count("img") == 2
    assert page.words.count("cannot be shown: ") == 2
    assert "gone.png" in page.words
    assert "torn.png" in page.words


def test_thumbnails_are_small(tmp_path: Path) -> None:
    import base64
    import io

    from PIL import Image

    html = render(sample.run(tmp_path, pictures=3))
    for coded in re.findall(r"data:image/jpeg;base64,([^\"]+)", html):
        with Image.open(io.BytesIO(base64.b64decode(coded))) as image:
            assert image.format == "JPEG"
            assert max(image.size) == 160


def test_a_run_of_a_plan_alone_is_a_report_too() -> None:
    network = sample.backbone()
    run = Contents("bare", "2025-11-24T09:30:00+00:00", network, sample.plan(2, network))
    page = _Page(render(run))
    assert set(page.ids) == {"case", "plan"}
    assert "Nothing was measured for this run" in page.words


def test_no_mistakes_and_no_evidence_leave_their_sections_out(tmp_path: Path) -> None:
    run = sample.run(tmp_path, measured=False, pictures=0, quarantine=(), notes=(), arms=(), baselines=())
    page = _Page(render(run))
    assert set(page.ids) == {"result", "case", "plan", "confusion", "classes"}
    assert "interval lies" not in page.words


def test_a_flawless_model_with_many_classes_has_no_confused_pairs(tmp_path: Path) -> None:
    run = sample.run(tmp_path, classes=60, pictures=0)
    page = _Page(render(replace(run, evaluations=(sample.evaluation(60, rate=1.0).scored,))))
    assert "No picture of the held-out split was named wrongly." in page.words
    assert "100.0 %" in page.words.replace("\u202f", " ")


def test_numbers_of_the_headline_are_those_of_the_first_evaluation(tmp_path: Path) -> None:
    run = sample.run(tmp_path)
    result = run.evaluations[0]
    words = _Page(render(run)).words.replace("\u202f", " ")
    right = result.right
    assert f"Tried on 360 pictures that it had not seen: {right} right, {360 - right} wrong." in words
    assert f"{round(100 * result.accuracy)} of 100 new pictures are named rightly" in words
    low, high = result.interval
    assert f"95 % interval {100 * low:.1f}–{100 * high:.1f} %" in words


def said(run: Contents) -> str:
    return run.evaluations[0].against(run.baselines)


def test_the_verdict_claims_only_what_the_paired_differences_carry(tmp_path: Path) -> None:
    run = sample.run(tmp_path)
    assert said(run) == (
        "+80.0 ± 2.0 points against “majority class” on the same pictures: a clear gain. "
        "+0.6 ± 1.0 points against “random weights” on the same pictures: no gain is shown."
    )
    alone = replace(run.baselines[1], lead=0.5, lead_error=None)
    assert said(replace(run, baselines=(alone,))).endswith("on one group of pictures: no gain is shown.")


def test_long_lists_of_bad_files_are_cut_and_counted(tmp_path: Path) -> None:
    bad = sample.run(tmp_path, pictures=0).quarantine[:1] * 1_234
    words = _Page(render(sample.run(tmp_path, pictures=0, quarantine=bad))).words
    assert "1,234 files could not be used" in words
    assert "The first 200 are listed here" in words


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    run = sample.run(tmp_path)
    assert render(run) == render(run)


def test_chapters_come_in_the_order_in_which_a_person_reads(tmp_path: Path) -> None:
    page = _Page(render(replace(sample.run(tmp_path, case=3), bundle="runs/a b/bundle")))
    order = ["result", "pictures", "next", "case", "plan", "evidence", "confusion", "classes", "training"]
    assert [name for name in page.ids if name in order] == order
    links = [value[1:] for tag, name, value in page.attributes if tag == "a" and name == "href"]
    assert links == page.ids
    assert "headstart predict 'runs/a b/bundle' PICTURE..." in page.words

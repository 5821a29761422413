"""The order in which the report is read: chapters, and the sections of each."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """name: that of its template, of its id in the page, and of its module where it is a part; title: its link."""

    name: str
    title: str


@dataclass(frozen=True)
class Chapter:
    """Sections that answer one question of the reader's."""

    title: str
    sections: tuple[Section, ...]


CHAPTERS = (
    Chapter("The answer", (Section("result", "Answer"),)),
    Chapter("Pictures", (Section("pictures", "Pictures"),)),
    Chapter("What to do next", (Section("next", "Next"), Section("suspects", "Labels to check"))),
    Chapter(
        "Why",
        (
            Section("explained", "What it looks at"),
            Section("embedding", "Map"),
            Section("case", "Case"),
            Section("plan", "Model"),
            Section("evidence", "Evidence"),
        ),
    ),
    Chapter(
        "How sure",
        (
            Section("certainty", "Certainty"),
            Section("points", "Operating points"),
            Section("levels", "Levels"),
            Section("confusion", "Confusion"),
            Section("classes", "Classes"),
        ),
    ),
    Chapter(
        "Details",
        (
            Section("training", "Training"),
            Section("arms", "Tried"),
            Section("quarantine", "Left out"),
            Section("notes", "Notes"),
        ),
    ),
)

# Sections that a module of their own name makes, from the field of that name in Contents.
PARTS = ("suspects", "explained", "embedding", "certainty", "points", "levels")


def outline(present: Container[str]) -> tuple[Chapter, ...]:
    """The chapters with the sections that are there, without those that have none."""
    chapters = (
        Chapter(chapter.title, tuple(one for one in chapter.sections if one.name in present))
        for chapter in CHAPTERS
    )
    return tuple(chapter for chapter in chapters if chapter.sections)

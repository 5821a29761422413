"""review(): which pictures a person should look at before a classifier is made of them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files
from headstart.job.facts import Facts
from headstart.job.folder import SUSPECTS, Folder, command_of, title_of
from headstart.job.named import look_up
from headstart.job.prepare import execution_of, load_pictures, say_levels
from headstart.job.shown import table

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.data import Intake
    from headstart.job.options import Options
    from headstart.report import Page
    from headstart.screening import Reviewed

PAGE, TABLE, FOUND = "review.html", SUSPECTS, "review.json"


@dataclass(frozen=True, repr=False)
class ReviewRun:
    """options: what was asked; intake: the pictures; backbone: what judged them; reviewed: what was found; folder:
    where it is kept, None where it lives in memory alone."""

    options: Options
    intake: Intake
    backbone: Backbone
    reviewed: Reviewed
    folder: Path | None = None

    def page(self) -> Page:
        """The gallery as one HTML page: shown in a notebook, kept by its `write(path)`."""
        from headstart.report import Page, gallery

        return Page(
            gallery.render(
                title_of(self.options.path),
                self.reviewed,
                levels=self.backbone.preprocess.levels,
                classes=len(self.intake.dataset.classes),
                command=self.next((self.folder or Path()) / TABLE),
            )
        )

    def next(self, place: Path) -> str:
        """The command that trains with the table at `place`, once it is filled in."""
        words = ["headstart", "train", self.options.path or "DATA"]
        if self.options.group_regex:
            words += ["--group-regex", self.options.group_regex]
        return shlex.join(
            [*words, *(["--fix", str(place)] if self.reviewed.findings or self.options.fix else [])]
        )

    def save(self, folder: Folder | str | Path) -> ReviewRun:
        """Writes review.html, review.csv and review.json into the folder; returns the review that lies there.

        A folder that is given by its path must be new or empty. Raises OutputError.
        """
        from headstart.screening import write_table

        if not isinstance(folder, Folder):
            folder = Folder(Path(folder), "review")
            folder.check()
            folder.claim(Facts.now(self.options.command, self.options.seed or 0).to_dict())
        kept = replace(self, folder=folder.path)
        folder.write_intake(self.intake)
        write_table(folder.path / TABLE, self.reviewed, self.intake.corrected)
        files.write_json(folder.path / FOUND, self.reviewed.to_dict())
        kept.page().write(folder.path / PAGE)
        return kept

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        place = self.folder
        return {
            "backbone": self.backbone.name,
            **self.reviewed.to_dict(),
            "run": place and str(place),
            "page": place and str(place / PAGE),
            "table": place and str(place / TABLE),
        }

    def __repr__(self) -> str:
        told = ", ".join(f"{count:,} {kind}" for kind, count in self.reviewed.counts().items() if count)
        return f"ReviewRun({self.reviewed.n:,} pictures: {told or 'nothing stands out'})"

    def _repr_html_(self) -> str:
        rows = [(kind, f"{count:,}") for kind, count in self.reviewed.counts().items() if count]
        return table([("pictures", f"{self.reviewed.n:,}"), *rows])


def review(options: Options) -> ReviewRun:
    """Looks at all pictures; with an output folder the gallery and the table are written there.

    Raises DataError, BackboneError, PictureError, OutputError.
    """
    import numpy as np

    from headstart import screening

    named = look_up(options)
    folder = Folder.of(options, "review")
    intake = load_pictures(options, named.backbone, training=False)
    _check_classes(intake)
    network = named.backbone.with_levels_of(intake.dataset, np.arange(len(intake.dataset)))
    intake = say_levels(intake, network.preprocess.levels)
    found = screening.review(intake, network, seed=options.seed or 0, execution=execution_of(options))
    intake.dataset.forget_frames()
    run = ReviewRun(options, intake, network, found)
    if folder is None:
        return run
    folder.claim(Facts.now(command_of(options, folder), options.seed or 0).to_dict())
    return run.save(folder)


def _check_classes(intake: Intake) -> None:
    """Raises DataError where there is one class."""
    from headstart.errors import DataError

    names = intake.dataset.classes
    if len(names) < 2:
        raise DataError(f"{intake.dataset.root}: one class, {names[:1]}; expected at least 2; add another")

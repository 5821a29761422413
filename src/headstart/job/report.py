"""report(): the page of a run made again from its folder, without the pictures that it was made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, seals
from headstart.errors import OptionError
from headstart.job.folder import BUNDLE, CONTENTS, METRICS, REPORT

if TYPE_CHECKING:
    from headstart.report import Page
    from headstart.report.contents import Contents
    from headstart.report.thumbnails import Album


@dataclass(frozen=True)
class Reported:
    """page: as HTML; lacking: what a run of an older version does not hold, in words; path: where the page lies."""

    page: Page
    lacking: tuple[str, ...]
    path: Path

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        return {"report": str(self.path), "lacking": list(self.lacking)}


def report(run: str | Path, output: str | Path | None = None) -> Reported:
    """Writes the page of the run in the folder `run` to `output`, or to the report.html of that folder.

    Raises OptionError where there is no run, or what it holds is damaged; OutputError, BundleError.
    """
    from headstart.report import Page

    folder = Path(run)
    files.recover(folder)
    told, html = _kept(folder) if (folder / CONTENTS).is_file() else _older(folder)
    found = Reported(Page(html), told.lacking, Path(output or folder / REPORT))
    found.page.write(found.path)
    return found


def write(folder: Path, told: Contents) -> Page:
    """Writes the page and, beside it, all that it tells of. Raises OutputError."""
    from headstart.report import Album, Page, kept, render

    told, album = kept.as_kept(told), Album(told.backbone.preprocess.levels)
    page = Page(render(told, album))
    page.write(folder / REPORT)
    files.write_json(folder / CONTENTS, seals.sealed(kept.to_dict(told, album)))
    return page


def _kept(folder: Path) -> tuple[Contents, str]:
    """What report.json tells, and the page of it. Raises OptionError."""
    from headstart.report import kept

    path = folder / CONTENTS
    try:
        values = seals.versioned(path.read_text(encoding="utf-8"), kept.FORMAT, since=1)
        return _rendered(folder, *kept.from_dict(values))
    except seals.Newer as error:
        raise OptionError(f"{path}: {error}") from error
    except seals.DAMAGE as error:
        raise OptionError(
            f"{path}: damaged ({seals.reason(error)}); copy the folder anew, or remove the file: the page is then "
            "made of what else is there"
        ) from error


def _older(folder: Path) -> tuple[Contents, str]:
    """What the run's other files tell, and the page of it. Raises OptionError, BundleError, PlanError."""
    from headstart.job.older import older

    if not (folder / METRICS).is_file():
        raise OptionError(f"{folder}: holds no run; expected the folder of a run of `headstart train`")
    told = older(folder)
    try:
        return _rendered(folder, told)
    except seals.DAMAGE as error:
        raise OptionError(f"{folder}: holds a damaged run ({seals.reason(error)}); train it anew") from error


def _rendered(folder: Path, told: Contents, album: Album | None = None) -> tuple[Contents, str]:
    """The contents as the folder lies now, and the page. Raises seals.DAMAGE, values being of another kind."""
    from jinja2 import TemplateError

    from headstart.report import render

    told = replace(told, bundle=_bundle(folder, told.bundle))
    try:
        return told, render(told, album)
    except TemplateError as error:
        raise TypeError("a template lacks a value") from error


def _bundle(folder: Path, told: str) -> str:
    """Where the bundle lies: as the run said, unless the folder was moved since."""
    place = folder / BUNDLE
    if not place.is_dir():
        return ""
    return told if told and Path(told).resolve() == place.resolve() else str(place)

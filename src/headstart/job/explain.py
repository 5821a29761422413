"""explain(): why pictures were named so, as files and as numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, progress
from headstart.errors import OutputError
from headstart.job.classes import class_of
from headstart.job.usable import usable
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.data import BadPicture
    from headstart.explaining.explained import Explained
    from headstart.explaining.subject import Subject
    from headstart.model import Model
    from headstart.runtime import Execution

NUMBERS = "explanations.json"
_BATCH = 16
_LONGEST = 60  # letters of a picture's name in the name of its overlay


@dataclass(frozen=True, repr=False)
class Explanations:
    """found: why each of N pictures was named so; overlays: its file in `folder`, "" where none was written;
    left_out: pictures that cannot be used."""

    found: tuple[Explained, ...]
    overlays: tuple[str, ...]
    left_out: tuple[BadPicture, ...]
    folder: Path | None = None

    @property
    def distrusted(self) -> int:
        """How many of the maps are not to be trusted."""
        return sum(not one.trusted for one in self.found)

    @property
    def told(self) -> list[str]:
        """How many of the maps are not to be trusted, and where everything lies: lines."""
        bad = f"{self.distrusted:,} of {len(self.found):,} maps are not to be trusted"
        place = f"overlays and numbers: {plain(str(self.folder))}"
        return [*([bad] if self.distrusted else []), *([place] if self.folder else [])]

    def called(self, names: Mapping[str, str], also_left_out: Sequence[BadPicture] = ()) -> Explanations:
        """With the names that the user knows in place of files of ours, and more that was left out."""
        return replace(
            self,
            found=tuple(replace(one, name=names.get(one.name, one.name)) for one in self.found),
            left_out=tuple(
                replace(one, path=names.get(one.path, one.path)) for one in (*also_left_out, *self.left_out)
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        return {
            "explanations": [
                {**one.to_dict(), "overlay": overlay or None}
                for one, overlay in zip(self.found, self.overlays, strict=True)
            ],
            "left_out": [{"path": one.path, "reason": one.reason} for one in self.left_out],
        }

    def __repr__(self) -> str:
        return f"Explanations({len(self.found):,} pictures, {self.distrusted:,} maps not to be trusted)"


def explain(
    model: Model,
    paths: Sequence[str],
    *,
    output: str | Path | None = None,
    method: str = "auto",
    stage: str | None = None,
    label: str | None = None,
    near: int = 3,
    truncated: str = "refuse",
    execution: Execution | None = None,
) -> Explanations:
    """Explains every picture that can be used.

    output  a new or empty folder for an overlay of each, and the numbers as JSON; None writes nothing
    label   the class that is explained; None is the one that each was named
    The rest as in headstart.explaining.explained.explain(). Raises what that does, OutputError, and OptionError for a
    class that the model does not know.
    """
    from headstart.explaining.explained import explain as why
    from headstart.explaining.subject import Subject

    folder = None if output is None else check(output)
    wanted = None if label is None else model.classes.index(class_of(label, model.classes, "class"))
    subject = Subject(model, execution)
    found, overlays, bad = list["Explained"](), list[str](), list["BadPicture"]()
    batches = usable(paths, subject.frames, size=_BATCH, workers=subject.how.workers, truncated=truncated)
    with progress.bar("explaining", len(paths)) as bar:
        for part in batches:
            bad += part.left_out
            if part.found is not None:
                classes = [wanted] * len(part.paths)
                new = why(
                    subject, part.found, part.paths, method=method, stage=stage, classes=classes, near=near
                )
                overlays += _written(folder, subject, new, len(found), truncated)
                found += new
            bar.advance(len(part.paths) + len(part.left_out))
    made = Explanations(tuple(found), tuple(overlays), tuple(bad), folder)
    if folder is not None:
        files.write_json(folder / NUMBERS, made.to_dict())
    return made


def check(output: str | Path) -> Path:
    """The folder, made where it is new. Raises OutputError where it is in use."""
    folder = Path(output)
    if not files.is_free(folder):
        raise OutputError(f"{folder}: already in use; name a new or empty folder")
    with files.explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _written(
    folder: Path | None, subject: Subject, found: Sequence[Explained], before: int, truncated: str
) -> list[str]:
    """The names of the overlays that were written."""
    if folder is None:
        return [""] * len(found)
    from headstart.explaining import overlay

    names = []
    for number, one in enumerate(found, before + 1):
        picture = overlay.seen(one.name, subject.model.backbone.preprocess, truncated)
        names.append(f"{number:04}-{harmless(one.name)}.png")
        files.write_bytes(folder / names[-1], overlay.png(overlay.beside(picture, one.map)))
    return names


def harmless(path: str) -> str:
    """A picture's own name without its ending, in letters that any file system and shell takes."""
    stem = Path(path.rpartition("!")[2].replace("\\", "/")).stem
    return re.sub(r"[^A-Za-z0-9._-]+", "_", stem).strip("._-")[:_LONGEST] or "picture"

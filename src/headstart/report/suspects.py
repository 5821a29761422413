"""The part of a run's report on labels that may be wrong."""

from __future__ import annotations

from typing import Any

from headstart.report import gallery
from headstart.report.thumbnails import Album
from headstart.screening import words
from headstart.screening.finding import WRONG, Reviewed

_MOST = 12


def section(found: Reviewed, album: Album) -> dict[str, Any]:
    """What templates/suspects.html shows; there must be labels that may be wrong."""
    (kind,) = (kind for kind in gallery.kinds(found, album, _MOST) if kind.name == WRONG)
    return {"kind": kind, "judged": words.judged(found)}

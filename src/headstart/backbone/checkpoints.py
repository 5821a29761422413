"""Weights that libraries name by a plain URL: all of torchvision's, some of timm's.

They come to where torch looks for them. Their names tell the first digits of their SHA-256: resnet18-f37072fd.pth.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from headstart import files
from headstart.backbone import hub, refusals
from headstart.backbone.download import Wanted, download
from headstart.errors import WeightsError

_DIGITS = re.compile(r"-([0-9a-f]{8,64})\.")


def place_of(url: str) -> Path:
    """Where torch looks for what `url` names."""
    from torch.hub import get_dir

    return Path(get_dir()).absolute() / "checkpoints" / urlsplit(url).path.rpartition("/")[2]


def has(url: str) -> bool:
    """Whether it lies there."""
    return place_of(url).is_file()


def fetch(url: str, what: str) -> None:
    """Brings what `url` names to where torch looks for it, unless it lies there. what: the network, for errors.

    Raises OfflineError, OutputError, WeightsError.
    """
    place = place_of(url)
    found = _DIGITS.search(place.name)
    sha256 = found[1] if found else ""
    try:
        if place.is_file():
            _check(place, sha256, what)
            return
        with hub.quietly():
            label = f"downloading {place.name} (kB)"
            download(Wanted(url, place, place.name, label, partial(_begins_with, sha256)))
    except refusals.raised() as error:
        raise refusals.refused_url(error, what, url, place.parent) from error


def _check(place: Path, sha256: str, what: str) -> None:
    """Raises WeightsError. What another program has put there is not removed."""
    if not _begins_with(sha256, place):
        raise WeightsError(
            f"{what}: {place} is not the file that its name says (its SHA-256 is another); remove it, and it comes anew"
        )


def _begins_with(sha256: str, path: Path) -> bool:
    """Whether a file's SHA-256 begins so; "" where nothing is known of it."""
    return not sha256 or files.sha256(path).startswith(sha256)

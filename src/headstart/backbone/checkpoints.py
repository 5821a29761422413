"""Weights that libraries name by a plain URL: all of torchvision's, some of timm's.

They come to where torch looks for them. Their names tell the first digits of their SHA-256: resnet18-f37072fd.pth.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from headstart.backbone import hub, refusals
from headstart.backbone.download import Wanted, download, is_right
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
            download(Wanted(url, place, place.name, f"downloading {place.name} (kB)", sha256))
    except refusals.raised() as error:
        raise refusals.refused_url(error, what, url, place.parent) from error


def _check(place: Path, sha256: str, what: str) -> None:
    """Raises WeightsError. What another program has put there is not removed."""
    if not is_right(place, sha256):
        raise WeightsError(
            f"{what}: {place} is not the file that its name says (its SHA-256 is another); remove it, and it comes anew"
        )

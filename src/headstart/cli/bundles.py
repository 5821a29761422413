"""What the argument BUNDLE may be: a bundle, the run that holds it, or a zip of either (headstart.model.archive)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path


def opened(name: str) -> AbstractContextManager[Path]:
    """The bundle that `name` means; a zip is unpacked for the block's time. Raises BundleError."""
    from headstart.model import archive

    return archive.opened(name)


def meant(name: str) -> bool:
    """Whether `name` is something that opened() finds a bundle in, or should."""
    from headstart.model import archive

    return archive.meant(name)

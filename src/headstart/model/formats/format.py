"""Format: what is told of a format, and what the export reads of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headstart.model.model import Model


def _never(_model: Model, _bits: int) -> bool:
    return False


@dataclass(frozen=True)
class Format:
    """One that a bundle can be exported to.

    ending     of the file that it writes, "" for a folder
    about      what it is, in a line
    use        Markdown: how it is used, with FILE or FOLDER for its place
    library    what the model hub calls the library that opens it
    from_hub   whether that library opens it by the name that it has on the hub
    strangers  whether it calls pictures that are unlike the training pictures none of these, asked with model and bits
    bits       that its weights can be asked for in; () where they stay as they are
    """

    ending: str
    about: str
    use: str
    library: str = "headstart"
    from_hub: bool = False
    strangers: Callable[[Model, int], bool] = _never
    bits: tuple[int, ...] = ()

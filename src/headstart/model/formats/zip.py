"""A bundle as one file, which `headstart predict` and `headstart.load` take as they take a folder."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from headstart.model.formats.format import Format
from headstart.model.formats.reader import Outputs, Reader, said
from headstart.model.info import INFO
from headstart.model.model import Model
from headstart.model.reading import load

FORMAT = Format(
    ending=".zip",
    about="the bundle as one file, which predict and load take",
    use="""```python
import headstart
model = headstart.load("FILE.zip")
probabilities = model.probabilities(["picture.jpg"])  # [1, classes]
```""",
    strangers=lambda model, _: model.certainty.familiar is not None,
)
_CARD = "README.md"
_DAY = (1980, 1, 1, 0, 0, 0)  # equal bundles give equal files
_LEVEL = 3  # weights hardly get smaller by more: 2 % in three times the time


def export(model: Model, place: Path) -> None:
    """Writes the zip of what the bundle lists, and nothing else that lies in its folder."""
    folder = model.folder
    assert folder is not None
    listed = json.loads((folder / INFO).read_text(encoding="utf-8"))["files"]
    names: set[str] = {INFO, *listed, *([_CARD] if (folder / _CARD).is_file() else [])}
    with zipfile.ZipFile(place, "w") as zipped:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            zipped.writestr(entry, (folder / name).read_bytes(), compresslevel=_LEVEL)


def opened(place: Path, model: Model) -> Reader:
    """The zip, loaded as a bundle."""
    loaded = load(place)

    def answers(pictures: np.ndarray) -> Outputs:
        return said(loaded, np.stack([loaded.backbone.preprocess.frame(one) for one in pictures]))

    return Reader(lambda frames: said(loaded, frames), answers, "headstart.load")

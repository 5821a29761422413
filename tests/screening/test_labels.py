"""What is thought of labels by what was held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from headstart import data, screening
from headstart.heads.held_out import HeldOut


def test_where_no_label_can_be_judged_nothing_is_said_of_any(tmp_path: Path) -> None:
    """A class of one picture is never learnt where that is held out."""
    for number, name in enumerate(("ant", "bee")):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((40, 40, 3), 60 + 100 * number, np.uint8)).save(tmp_path / name / "0.png")
    intake = data.load(tmp_path, training=False)
    held = HeldOut(np.arange(2), np.log(np.full((2, 2), 0.5, np.float32)))
    found = screening.of_held_out(intake, held, np.arange(2))
    assert (found.judged, found.accuracy, found.noise, found.findings) == (0, None, None, ())
    assert not found.limits
    assert "2 labels could not be judged" in found.notes[0]

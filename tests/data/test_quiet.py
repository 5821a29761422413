"""Libraries that decode write nothing to the console by themselves."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

_DECODES = """
import sys, threading
from headstart.data.quality import examine_all
found = examine_all(sys.argv[1:], workers=4)
print(sum(hasattr(one, "reason") for one in found))
sys.stderr.write("my own line")
"""


def damaged(compression: str, count: int) -> list[bytes]:
    """TIFF files of which some bytes are others."""
    rng = np.random.default_rng(0)
    image, out = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)), io.BytesIO()
    image.save(out, "TIFF", compression=compression)
    files = []
    for _ in range(count):
        content = bytearray(out.getvalue())
        for place in rng.integers(8, len(content), 30):
            content[place] = rng.integers(0, 256)
        files.append(bytes(content))
    return files


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg"])
def test_damaged_tiffs_say_nothing_on_the_console(compression, tmp_path):
    """libtiff, and the libjpeg in it, write to stderr by themselves. What others write there is not lost."""
    for number, content in enumerate(damaged(compression, 12)):
        (tmp_path / f"{number:02d}.tif").write_bytes(content)
    paths = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", _DECODES, *paths], capture_output=True, text=True, check=True, timeout=100
    )
    assert done.stderr == "my own line"
    assert int(done.stdout) > 0


def test_pillows_log_is_not_printed_and_can_still_be_listened_to(capsys, caplog):
    from headstart.data.quiet import quiet

    with quiet:
        logging.getLogger("PIL.TiffImagePlugin").error("more samples than can be decoded")
    assert capsys.readouterr().err == ""
    assert "more samples" in caplog.text

"""Once a backbone is converted, the frozen path runs without torch and all that hangs on it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headstart.runtime import device_of
from tests.cli.conftest import tree

_RUN = """
import sys
from headstart.cli.main import main
code = main(sys.argv[1:])
reported = {"sklearn"} if sys.argv[1] == "train" else set()  # draws the report's map, where it is installed
heavy = ({"torch", "torchvision", "timm", "sklearn"} - reported) & set(sys.modules)
sys.exit(code or (f"imported {', '.join(sorted(heavy))}" if heavy else 0))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, cache):
    """Pictures in `pictures`, new ones in `new`; every network that is needed is converted."""
    folder = tmp_path_factory.mktemp("frozen")
    tree(folder / "first", each=10)
    tree(folder / "pictures", each=16)
    subprocess.run(
        [sys.executable, "-m", "headstart", "train", "first", "-o", "first-run", "--quiet"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.skipif(device_of("auto") != "cpu", reason="torch is asked whether the accelerator works")
@pytest.mark.parametrize(
    "line",
    [
        "plan pictures",
        "train pictures --case 1 -o one",
        "train pictures --case 2 --cut stage2 -o two",
        "train pictures --case 1 --head-layers 2 -o three",
        "evaluate one/bundle pictures",
        "predict one/bundle pictures",
        "export one/bundle --to html -o one.html",
    ],
)
def test_no_torch_is_imported(line, folder):
    """In this order: later lines use what the earlier ones wrote."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *line.split()], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr

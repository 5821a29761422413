"""Every benchmark can still be imported: what it takes from the package is there, under that name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path.relative_to(BENCHMARKS).as_posix() for path in BENCHMARKS.rglob("*.py"))
# Each as if it were called alone: its own folder first, and nothing that another left. In one process, since torch and
# its like take longer to import than all else.
IMPORT_ALL = """
import json, runpy, sys
from pathlib import Path

root, path, came = Path(sys.argv[1]), list(sys.path), {}
for name in sys.argv[2:]:
    sys.path[:] = [str((root / name).parent), *path]
    try:
        runpy.run_path(str(root / name), run_name="imported")
    except Exception as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        came[name] = [type(error).__name__ + ": " + str(error), missing]
    for module, kept in list(sys.modules.items()):
        if (getattr(kept, "__file__", None) or "").startswith(str(root)):
            del sys.modules[module]
print(json.dumps(came))
"""


@pytest.fixture(scope="module")
def came() -> dict[str, tuple[str, str | None]]:
    """Script → (what its import raised, the module that was missing)."""
    asked = [sys.executable, "-c", IMPORT_ALL, str(BENCHMARKS), *SCRIPTS]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_can_be_imported(script, came):
    error, missing = came.get(script, ("", None))
    ours = {"headstart", *(Path(name).stem for name in SCRIPTS)}
    if missing and missing.partition(".")[0] not in ours:
        pytest.skip(f"needs {missing}, which is not installed")
    assert error == ""

"""What only asks a network leaves the processors to it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("threadpoolctl")

CODE = """
import sys
from headstart.cli import main, {verb}
assert "numpy" not in sys.modules
assert main.main(["{verb}", "/no/bundle", *{more!r}]) == 2
import numpy
from threadpoolctl import threadpool_info
print([pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"])
"""


@pytest.mark.parametrize(("verb", "more"), [("serve", []), ("predict", ["a.png"])])
@pytest.mark.parametrize(("given", "threads"), [(None, 1), ("2", 2)])
def test_numpys_products_have_one_thread_unless_the_user_says_otherwise(
    monkeypatch, verb, more, given, threads
):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if given:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", given)
    code = CODE.format(verb=verb, more=more)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if found.stdout == "[]\n":
        pytest.skip("numpy's matrix products are another library's here")
    assert found.stdout == f"[{threads}]\n"

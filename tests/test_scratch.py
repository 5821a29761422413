"""Large arrays lie in files; everything that is computed on them comes out the same."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from headstart import cache
from headstart.heads import head, logistic, spectrum


def test_a_large_array_lies_in_a_file_that_is_gone_when_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "SCRATCH", 100)
    small, large = cache.scratch((5, 5), np.float32), cache.scratch((50, 50), np.float32)
    assert small.base is None
    assert large.base is not None
    large[:] = 3
    assert large.sum() == 7500
    assert not list((tmp_path / "headstart" / "scratch").iterdir())


def test_a_full_disk_is_said_and_done_without(tmp_path, monkeypatch, said):
    """Page by page, later, it would end the process by a signal."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "SCRATCH", 0)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    array = cache.scratch((5, 5), np.float32)
    assert array.base is None
    assert len(said) == 2
    assert all("no space left on the disk" in line for line in said)


@pytest.mark.parametrize("classes", [2, 5])
def test_heads_are_the_same_in_files_and_parts(classes, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.arange(400) % classes
    x = (rng.normal(size=(400, 30)) + 0.7 * labels[:, None] * rng.normal(size=30)).astype(np.float32)
    groups = np.arange(400)
    whole = head.solve(x, labels, classes, groups=groups)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "SCRATCH", 0)
    monkeypatch.setattr(spectrum, "_CELLS", 1000)
    parts = head.solve(x, labels, classes, groups=groups)
    assert parts.l2 == whole.l2
    # Both are certified to a share of 1e-4 of the objective; along directions that hardly matter to it logits differ.
    np.testing.assert_allclose(parts.head.probabilities(x), whole.head.probabilities(x), atol=5e-3)
    monkeypatch.setattr(logistic, "FLOAT64_CELLS", 0)
    single = head.solve(x, labels, classes, groups=groups)
    np.testing.assert_allclose(single.head.probabilities(x), whole.head.probabilities(x), atol=5e-3)

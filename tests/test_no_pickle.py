"""No pickle: not written, not read, no fall-back to it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import torch

from headstart import backbone
from headstart.errors import WeightsError

SOURCES = sorted((Path(__file__).resolve().parents[1] / "src").rglob("*.py"))
SERIALISERS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_source_runs_a_pickle(path):
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & SERIALISERS
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in SERIALISERS:
            assert [alias.name for alias in node.names] == ["UnpicklingError"]
    loads = re.findall(r"torch\.load\(", text)
    assert len(loads) == len(re.findall(r"torch\.load\([^)]*weights_only=True", text))


class _Harm:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return (Path.touch, (self.target,))


def test_a_harmful_weights_file_is_refused_and_runs_nothing(tmp_path):
    file, target = tmp_path / "weights.pth", tmp_path / "harmed"
    torch.save({"state_dict": _Harm(target)}, file)
    with pytest.raises(WeightsError, match="not readable as plain tensors"):
        backbone.load("demo-cnn", weights=str(file))
    assert not target.exists()

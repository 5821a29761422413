"""Do the networks of the common families run in the page? Each at its own size, with random weights.

    python benchmarks/web/families.py DIR/hymenoptera [NAME...]

A frozen bundle of 20 pictures is made of each, its page written, and the page asked by node about 6 pictures more.
VGG's two large layers are made 32 times narrower: 123 million weights would make a page of 330 MB.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

import headstart
from headstart import backbone
from headstart.model.formats import html
from headstart.web import node

sys.path.insert(0, str(Path(__file__).parents[2]))
NAMES = ("vgg16", "resnet18", "mobilenetv3_small_100", "efficientnet_b0")
KWARGS = {"vgg16": {"mlp_ratio": 1 / 32}}
EACH, ASKED = 10, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("names", nargs="*", default=NAMES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, others = few(asked.pictures / "train", Path(folder))
        for name in asked.names:
            print(name, json.dumps(measured(name, data, others, Path(folder))), flush=True)


def few(pictures: Path, folder: Path) -> tuple[Path, list[Path]]:
    """(a folder of EACH pictures a class, ASKED others)"""
    others: list[Path] = []
    for kind in sorted(path for path in pictures.iterdir() if path.is_dir()):
        (folder / "data" / kind.name).mkdir(parents=True)
        files = sorted(kind.iterdir())
        for file in files[:EACH]:
            shutil.copy(file, folder / "data" / kind.name)
        others += files[EACH : EACH + ASKED // 2]
    return folder / "data", others


def measured(name: str, data: Path, others: list[Path], folder: Path) -> dict[str, object]:
    import timm
    import torch
    from benchmarks.web.parity import maps
    from safetensors.torch import save_file

    torch.manual_seed(0)
    kwargs, weights = KWARGS.get(name, {}), folder / f"{name}.safetensors"
    save_file(timm.create_model(name, num_classes=10, **kwargs).state_dict(), weights)
    network = backbone.load(f"timm:{name}", weights=str(weights), model_kwargs=kwargs)
    model = headstart.train(data, backbone=network, case=1).model
    page = html.text(model)
    frames = np.stack(
        [network.preprocess.frame(headstart.data.decode.decode(p.read_bytes())) for p in others]
    )
    found = node.ask(page, list(frames), "frames")
    own = model.probabilities(others)
    told: dict[str, object] = {
        "MB": round(len(page) / 1e6, 1),
        "probability, most apart": float(
            np.abs([one["probabilities"] for one in found] - own).max().round(6)
        ),
        "ms": round(float(np.median([one["milliseconds"] for one in found[1:]]))),
        "map": None,
    }
    if found[0]["map"]:
        expected = maps(model, frames).reshape(len(frames), -1)
        away = np.abs(np.array([one["map"] for one in found]) - expected).max(1) / np.abs(expected).max(1)
        told["map"] = f"{away.max():.2g} of its greatest value apart"
    return told


if __name__ == "__main__":
    main()

"""Pre-trains every candidate by the same recipe and keeps it in the benchmarks' cache.

    python benchmarks/frontier/train.py --data DIR [--epochs N] [NAME ...]

DIR holds `tiny-imagenet` as train/ and val/ of class folders. A candidate that this recipe has already made is left
alone; one that was interrupted goes on where it stood.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import candidates

import headstart
from headstart import cache, files, progress
from headstart.backbone import folder as folders
from headstart.cli import console
from headstart.planning.recipe import Recipe
from headstart.source.pretrain import RECIPE, pretrain
from headstart.training.task import Settings

SIZE, START, CLASSES = 64, 40, 202


def kept_at() -> Path:
    return cache.folder("benchmarks", "frontier")


def place(name: str) -> Path:
    return kept_at() / name.replace(":", "-")


def made(folder: Path, name: str, recipe: Recipe) -> bool:
    """Whether `folder` holds the candidate as it is now, by this recipe; what another one left there is removed."""
    if not (folder / "backbone.json").is_file():
        return False
    facts = folders.read_card(folder).training
    size = sum(p.numel() for p in folders.blank(name, CLASSES).module.parameters())
    if facts["recipe"] == asdict(recipe) and facts["parameters"] == size:
        return True
    shutil.rmtree(folder)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=candidates.CANDIDATES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    candidates.register()
    progress.use(console.choose(quiet=False))
    dataset = headstart.load_data(str(args.data / "tiny-imagenet")).dataset
    parts = headstart.partition(dataset, seed=0)
    recipe = replace(
        RECIPE,
        epochs=args.epochs,
        start_size=START,
        cutmix=0.0,  # so few epochs need no more regularisation
    )
    for name in args.names:
        folder = place(name)
        if made(folder, name, recipe):
            continue
        state = kept_at() / "checkpoints" / f"{folder.name}-{files.sha256_of(repr(recipe))[:12]}"
        settings = Settings(checkpoints=state, resume=True)
        done = pretrain(
            dataset,
            parts,
            folder,
            name="tiny-imagenet",
            network=name,
            image_size=SIZE,
            recipe=recipe,
            settings=settings,
            command=f"python benchmarks/frontier/train.py --epochs {args.epochs} {name}",
        )
        shutil.rmtree(state, ignore_errors=True)
        seconds = sum(epoch.seconds for epoch in done.history)
        print(
            json.dumps({"name": name, "top1": done.accuracy, "n": done.n, "seconds": round(seconds)}),
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

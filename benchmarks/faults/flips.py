"""Single flipped bits in everything that is kept: each must be seen, or change nothing.

    python benchmarks/faults/flips.py [--flips 10000] [--seed 0]

A small set goes through `pretrain`, `train`, `compare` and `plan`; then one bit at a time is flipped in one of the
files that these leave in the cache, in a bundle, in a run's folder and in a pre-trained backbone, and the file is read
as a run would read it. The kinds share the flips evenly; place and bit are drawn by the seed.

seen    the reader refuses the file, or makes anew what it held
equal   it is taken, and all that is read out of it is as before (another spelling of the same value)
silent  it is taken, and says something else: what must not be

Not asked: plan.toml, which is made to be edited by hand, and what no program reads again (README.md, report.html, CSV
files, metrics.jsonl).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


class Seen(Exception):
    """The reader noticed."""


@dataclass(frozen=True)
class Kind:
    """files: of one kind; read: what a run reads out of one of them, as something that compares, or raises Seen."""

    name: str
    files: tuple[Path, ...]
    read: Callable[[Path], Any]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flips", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        kinds = list(made(Path(folder)))
        found = {kind.name: Counter[str]() for kind in kinds}
        rng = random.Random(args.seed)
        for number in range(args.flips):
            kind = kinds[number % len(kinds)]
            found[kind.name][flipped(kind, rng)] += 1
    outcomes = ("seen", "equal", "silent")
    print("| kind of file | " + " | ".join(outcomes) + " |\n|-|-|-|-|")
    for name, counts in found.items():
        print(f"| {name} | " + " | ".join(str(counts[o]) for o in outcomes) + " |")
    total = sum(found.values(), Counter())
    print("| all | " + " | ".join(str(total[o]) for o in outcomes) + " |")
    return 1 if total["silent"] else 0


def flipped(kind: Kind, rng: random.Random) -> str:
    """What one flipped bit comes to; the file is as before afterwards."""
    path = rng.choice(kind.files)
    whole, before = path.read_bytes(), kind.read(path)
    place, bit = rng.randrange(len(whole)), rng.randrange(8)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
    try:
        return "equal" if same(kind.read(path), before) else "silent"
    except Seen:
        return "seen"
    finally:
        path.write_bytes(whole)


def same(one: Any, other: Any) -> bool:
    """Equality that goes into arrays."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return bool(one == other)


def pictures(root: Path) -> Path:
    """Three classes of twelve noisy pictures, told apart by their brightness."""
    rng = np.random.default_rng(0)
    for label, level in (("dark", 40), ("grey", 110), ("light", 180)):
        (root / label).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(level, level + 70, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")
    return root


def made(folder: Path) -> Iterator[Kind]:
    """Everything that is kept, by kind."""
    data = pictures(folder / "data")
    run("pretrain", data, "-o", folder / "net", "--epochs", 2, "--batch-size", 8)
    run("train", data, "-o", folder / "frozen", "--case", 1)
    run("plan", data, "-o", folder / "plan.toml")
    run("train", data, "--case", 3, "--epochs", 2, "-o", folder / "tuned", "--backbone", "demo-cnn")
    run("train", data, "-o", folder / "timm", "--case", 1, *of_timm(folder / "resnet10t.safetensors"))
    run("compare", data, "--epochs", 1, "-o", folder / "compare", "--backbone", "demo-cnn")
    yield from cached(folder / "cache" / "headstart")
    yield from bundled(folder)
    yield from runs(folder)


def of_timm(weights: Path) -> list[object]:
    """A small network of timm's with random weights: its bundles have a config.json."""
    import timm
    from safetensors.torch import save_file

    save_file(timm.create_model("resnet10t", num_classes=5).state_dict(), weights)
    return ["--backbone", "timm:resnet10t", "--weights", weights, "--image-size", 64]


def run(*argv: object) -> None:
    from headstart.cli.main import main

    with contextlib.redirect_stdout(io.StringIO()):
        code = main([*map(str, argv), "--quiet", "--json"])
    if code:
        raise SystemExit(f"headstart {argv[0]} failed")


def cached(cache: Path) -> Iterator[Kind]:
    from headstart.backbone import cache as networks
    from headstart.data.looks import Looks
    from headstart.extraction.store import Store
    from headstart.runtime import converted

    def shard(path: Path) -> Any:
        return all_or_seen(Store(path.parent), digests[path.parent])

    def look(path: Path) -> Any:
        looks = Looks(path.parent)
        return [present(looks.get(name)) for name in seen]

    def network(path: Path) -> Any:
        present(converted._read(path.parent))
        return [(path.parent / name).read_bytes() for name in (converted.NAME, converted.BINARY)]

    folders = {path.parent for path in cache.glob("features/*/*.shard")}
    digests = {place: list(Store(place)._places) for place in folders}
    yield Kind("features", files(cache, "features/*/*.shard"), shard)
    (looks,) = files(cache, "looks/*/*.looks")
    seen = [key.hex() for key in Looks(looks.parent)._places]
    yield Kind("looks at pictures", (looks,), look)
    yield Kind("converted networks", files(cache, "networks/*/*"), network)
    yield Kind("records of backbones", files(cache, "backbones/*.json"), lambda p: present(networks._read(p)))
    known = {path.stem: networks._read(path) for path in files(cache, "backbones/*.json")}
    backbones = {found[0].weights_sha256: found[0] for found in known.values() if found}
    yield Kind(
        "weights of backbones",
        files(cache, "weights/*.safetensors"),
        lambda path: present(networks.state(backbones[path.stem])),
    )
    for room in ("looks/twins", "evidence", "precision", "speed"):
        found = tuple(cache.glob(f"{room}/*.json"))
        if found:
            yield Kind(room, found, lambda path, room=room: remembered(room, path))


def remembered(room: str, path: Path) -> Any:
    from headstart import cache

    def anew() -> Any:
        raise Seen

    return cache.remembered(room.split("/"), path.stem, anew)


def bundled(folder: Path) -> Iterator[Kind]:
    from headstart import model
    from headstart.errors import BundleError

    def load(path: Path) -> Any:
        place = next(above for above in path.parents if above.name == "bundle")
        try:
            found = model.load(place)
        except BundleError as error:
            raise Seen from error
        layers = [array for layer in found.head.layers for array in layer]
        return [found.classes, found.backbone, found.plan, layers, found.info]

    parts = (
        "headstart.json",
        "model.safetensors",
        "config.json",
        "network/network.xml",
        "network/network.bin",
    )
    for name in parts:
        yield Kind(f"bundle: {name}", files(folder, f"*/bundle/{name}"), load)


def runs(folder: Path) -> Iterator[Kind]:
    from headstart.backbone import folder as folders
    from headstart.errors import HeadstartError
    from headstart.job.folder import Folder
    from headstart.study.field import read
    from headstart.training import checkpoints

    def refused(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except HeadstartError as error:
            raise Seen from error

    def source(path: Path) -> Any:
        refused(lambda: folders.check(path.parent))
        return refused(lambda: folders.read_card(path.parent))

    def checkpoint(path: Path) -> Any:
        facts, parts = refused(lambda: checkpoints._read(path))
        return [facts, {part: {n: t.numpy().copy() for n, t in own.items()} for part, own in parts.items()}]

    yield Kind("checkpoints", files(folder, "*/checkpoints/**/*.safetensors"), checkpoint)
    facts = files(folder, "*/env.json")
    yield Kind(
        "run: env.json", facts, lambda path: refused(lambda: Folder(path.parent, "train").begun_with())
    )
    outcomes = files(folder, "compare/trials/*/outcome.json")
    yield Kind("compare: outcomes", outcomes, lambda path: present(read(path)).to_dict())
    for name in ("backbone.json", "model.safetensors"):
        yield Kind(f"backbone of one's own: {name}", files(folder / "net", name), source)


def files(folder: Path, pattern: str) -> tuple[Path, ...]:
    found = tuple(sorted(path for path in folder.glob(pattern) if path.is_file()))
    if not found:
        raise SystemExit(f"{folder / pattern}: nothing was left there")
    return found


def present(value: Any) -> Any:
    if value is None:
        raise Seen
    return value


def all_or_seen(store: Any, digests: list[str]) -> np.ndarray:
    if store.missing(digests):
        raise Seen
    return store.gather(digests, slice(0, store._shards[0].shape[1]))


if __name__ == "__main__":
    sys.exit(main())

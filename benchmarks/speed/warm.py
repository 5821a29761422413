"""The warm frozen job beside its floor, for networks in the box, as a processor with AVX2 alone would run it too.

    python benchmarks/speed/warm.py --data DATA [--networks small lite0] [--avx2] [--other CHECKOUT] [--rounds 3]

DATA holds hymenoptera; a network is one in the box, or the file with MobileNetV2's weights. warm: `headstart train`,
process start to process end; networks are converted, no picture was seen before. floor: decoding overlapped with the
same network, in fp32 through OpenVINO, nothing else. All take turns. Beside the seconds stand those of the processors,
in brackets: on a machine that others use they are what to read.
--avx2: neither AVX-512 nor bfloat16 is used; --other: another checkout takes its turns too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from against import SEEN, forget

Took = tuple[float, float]  # seconds, and those of the processors
HERE = Path(__file__).parents[2]
# What OpenVINO, oneDNN, OpenBLAS and torch may use.
AVX2 = {
    **dict.fromkeys(("OV_CPU_MAX_ISA", "ONEDNN_MAX_CPU_ISA"), "AVX2"),
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--networks", nargs="+", default=["small", "lite0"])
    parser.add_argument("--avx2", action="store_true")
    parser.add_argument("--other", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    photos = args.data.resolve() / "hymenoptera"
    checkouts = [*([args.other.resolve()] if args.other else []), HERE]
    isa = AVX2 if args.avx2 else {}
    print("| network | floor, s | asked, s | " + " | ".join(f"warm, {c.name}, s" for c in checkouts) + " |")
    print("|-" * (3 + len(checkouts)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for network in args.networks:
            taken = [turn(photos, network, checkouts, isa, Path(folder)) for _ in range(args.rounds + 1)]
            floor, *warm = (np.median(own, axis=0) for own in zip(*taken[1:], strict=True))
            shown = [f"{seconds:.2f} ({cpu:.1f})" for seconds, cpu in (floor, *warm)]
            shown.insert(1, f"{1.5 * floor[0] + 1.5:.2f}")
            print(f"| {network} | {' | '.join(shown)} |", flush=True)
    return 0


def turn(photos: Path, network: str, checkouts: list[Path], isa: dict[str, str], folder: Path) -> list[Took]:
    """[the floor's, a warm job's by each checkout]"""
    jobs = [job(photos, network, checkout, isa, folder / str(n)) for n, checkout in enumerate(checkouts)]
    return [floor(photos, network, isa), *jobs]


def job(photos: Path, network: str, checkout: Path, isa: dict[str, str], place: Path) -> Took:
    forget(place / "cache", SEEN)
    argv = ["train", str(photos), *flags(network), "--quiet", "--force", "-o", str(place / "run")]
    environment = {"PYTHONPATH": str(checkout / "src"), "XDG_CACHE_HOME": str(place / "cache")}
    began, before = time.perf_counter(), os.times()
    run([sys.executable, "-m", "headstart", *argv], {**isa, **environment})
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, worked


def flags(network: str) -> list[str]:
    """Of a network by name, or of MobileNetV2 by the file with its weights."""
    if not Path(network).is_file():
        return ["--backbone", network]
    return ["--backbone", "timm:mobilenetv2_100", "--weights", network, "--model-kwargs", "pad_type=same"]


def floor(photos: Path, network: str, isa: dict[str, str]) -> Took:
    found = run([sys.executable, str(Path(__file__).with_name("floor.py")), str(photos), network], isa)
    read = json.loads(found.splitlines()[-1])
    return read["seconds"], read["cpu"]


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

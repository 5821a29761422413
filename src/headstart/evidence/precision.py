"""The precision that a frozen network runs in, by measurement: bfloat16 where it is faster and changes hardly anything.

Below FEW training pictures it is float32: there is little time to gain, and every picture counts. Above, both are run
on a few pictures; bfloat16 is taken if it is clearly faster and if the cross-validated probe, at the best cut and at
the top, names at most a hundredth of the pictures otherwise and loses less than one paired standard error of accuracy.
The verdict is kept for the network, the pictures, this machine and the versions.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from headstart import files
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset
from headstart.data.loader import frames
from headstart.data.split import folds
from headstart.heads.probe import cross_validate, penalties
from headstart.intervals import paired
from headstart.runtime import Execution, Resolved, Trunk, measure_once, precisions, resolve, start

FEW = 1_000
PICTURES = 128
FASTER = 1.2
CHANGED = 0.01
_FOLDS, _ROUNDS = 5, 2
# Raised whenever the verdict is reached otherwise than before.
_VERSION = 3


def settle(
    dataset: Dataset, train: np.ndarray, backbone: Backbone, execution: Execution | Resolved
) -> tuple[Resolved, str]:
    """(how it runs, "auto" made "fp32" or "bf16"; one sentence that says why). Looks at training pictures alone."""
    how = resolve(execution)
    if execution.precision == "auto":
        precision, why = _settled(dataset, train, backbone, how)
        return resolve(execution, precision=precision), f"{precision}: {why}"
    lacking = f"{execution.precision} was asked for, this machine lacks it"
    return how, f"{how.precision}, {'as asked for' if how.precision == execution.precision else lacking}"


def _settled(dataset: Dataset, train: np.ndarray, backbone: Backbone, how: Resolved) -> tuple[str, str]:
    if len(train) < FEW:
        return "fp32", f"fewer than {FEW:,} training pictures"
    if "bf16" not in precisions(how.runtime, how.device):
        return "fp32", "this machine computes in nothing shorter"
    pictures = files.sha256_of(dataset.fingerprint, train.tobytes(), dataset.labels.tobytes())
    levels = backbone.preprocess.levels
    subject = [str(_VERSION), Trunk(backbone, backbone.stages).key, how.engine, str(how.threads), pictures]
    subject += [f"levels {levels}"] if levels else []
    known = measure_once(subject, lambda: measure(dataset, train, backbone, how))
    return known["precision"], known["why"]


def measure(dataset: Dataset, train: np.ndarray, backbone: Backbone, how: Resolved) -> dict[str, str]:
    """{"precision", "why"}, measured on PICTURES training pictures."""
    index = np.sort(np.random.default_rng(0).permutation(train)[:PICTURES])
    if len(np.unique(dataset.groups[index])) < 2:
        return {
            "precision": "fp32",
            "why": "all pictures belong together, so that nothing shows whether bf16 agrees",
        }
    pictures = [dataset.pictures[i] for i in index]
    size = how.batch_of(backbone.preprocess.size)
    read = frames(
        pictures, backbone.preprocess, batch_size=size, workers=how.workers, truncated=dataset.truncated
    )
    batches = [batch for _, batch in read]
    found: dict[str, list[tuple[list[np.ndarray], float]]] = {"fp32": [], "bf16": []}
    for _ in range(_ROUNDS):
        for name, runs in found.items():
            runs.append(_run(backbone, batches, replace(how, precision=name)))
    gain = min(seconds for _, seconds in found["fp32"]) / min(seconds for _, seconds in found["bf16"])
    if gain < FASTER:
        return {
            "precision": "fp32",
            "why": f"bf16 runs {gain:.1f} times as fast here, too little to change anything",
        }
    plain, short = (runs[0][0] for runs in found.values())
    differences = _differences(plain, short, dataset.labels[index], dataset.groups[index])
    same = all(changed <= CHANGED and (loss <= 0 or loss < error) for changed, loss, error in differences)
    changed, loss, error = max(differences)
    why = (
        f"bf16 runs {gain:.1f} times as fast here and names {100 * changed:.1f} % of {len(index)} pictures otherwise "
        f"({100 * loss:+.1f} ± {100 * error:.1f} points lost){'' if same else ', too many'}"
    )
    return {"precision": "bf16" if same else "fp32", "why": why}


def _run(backbone: Backbone, batches: Sequence[np.ndarray], how: Resolved) -> tuple[list[np.ndarray], float]:
    """(features [M, D_k] at each cut, seconds), the network alone."""
    runtime = start(Trunk(backbone, backbone.stages), how)
    list(runtime.stream(batches[:1]))  # compiles
    began = time.perf_counter()
    rows = list(runtime.stream(batches))
    seconds = time.perf_counter() - began
    return [np.concatenate(cut) for cut in zip(*rows, strict=True)], seconds


def _differences(
    plain: list[np.ndarray], short: list[np.ndarray], labels: np.ndarray, groups: np.ndarray
) -> list[tuple[float, float, float]]:
    """(share of pictures named otherwise, accuracy lost, its paired standard error) at the best cut and at the top."""
    parts = min(_FOLDS, len(np.unique(groups)))
    classes, labels = np.unique(labels, return_inverse=True)
    fold, grid = folds(labels, groups, parts, 0), penalties(labels, groups)
    probes = [cross_validate(x, labels, len(classes), fold, grid) for x in plain]
    best = int(np.argmax([probe.accuracy for probe in probes]))
    found = []
    for cut in {best, len(plain) - 1}:
        other = cross_validate(short[cut], labels, len(classes), fold, (probes[cut].l2,))
        changed = float((other.scores.argmax(1) != probes[cut].scores.argmax(1)).mean())
        found.append((changed, *paired(probes[cut].correct, other.correct, groups)))
    return found

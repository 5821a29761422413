"""Weights made random from the top down must change the map (Adebayo et al. 2018): Spearman's rank correlation of the
exact map before and after, stage by stage; and, as what chance alone gives, of maps of different pictures.

    python benchmarks/exam/randomised.py BUNDLE PICTURES... [-n 40]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import numpy as np

from headstart import data, model
from headstart.backbone import build, untrained_copy
from headstart.explaining import cam, exam
from headstart.explaining.explained import contrast
from headstart.explaining.grid import side_of
from headstart.explaining.subject import Subject
from headstart.heads.head import Head


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("-n", type=int, default=40)
    args = parser.parse_args()
    loaded = model.load(args.bundle)
    paths, _ = data.pictures(args.pictures)
    places = np.sort(np.random.default_rng(0).permutation(len(paths))[: args.n])
    subject = Subject(loaded)
    frames = subject.frames([paths[place] for place in places])
    direction = contrast(found := subject.probabilities(frames), found.argmax(1))
    before = _maps(subject, frames, direction)
    _say(
        args.bundle,
        "nothing (another picture's map)",
        exam.rank_correlation(before, np.roll(before, 1, axis=0)),
    )
    for name, changed in _cascade(loaded):
        _say(args.bundle, name, exam.rank_correlation(before, _maps(Subject(changed), frames, direction)))


def _maps(subject: Subject, frames: np.ndarray, direction: np.ndarray) -> np.ndarray:
    return cam.exact(subject, subject.maps(frames), direction).on_grid(side_of(frames.shape[1]))


def _cascade(loaded: model.Model):
    """(what is random, the model) from the head downwards, each stage with all above it."""
    rng = np.random.default_rng(0)
    head = Head(tuple((rng.normal(0, w.std(), w.shape).astype(np.float32), b) for w, b in loaded.head.layers))
    yield "the head", replace(loaded, head=head)
    network = loaded.backbone
    random = untrained_copy(network, 0).state_dict()
    gone: set[str] = set()
    last = max(network.stage_names.index(cut.name) for cut in loaded.cuts)
    for stage in reversed(network.stages[: last + 1]):
        gone |= {name for name, owner in network.owners.items() if owner == stage.name}
        module = build(network)
        kept = module.state_dict()
        module.load_state_dict({k: random[k] if k in gone else v for k, v in kept.items()})
        yield f"and {stage.name}", replace(loaded, head=head, module=module.eval(), folder=None)


def _say(bundle: str, what: str, found: np.ndarray) -> None:
    row = {"bundle": bundle, "random": what, "correlation": round(float(found.mean()), 3)}
    print(json.dumps({**row, "error": round(float(found.std() / len(found) ** 0.5), 3)}), flush=True)


if __name__ == "__main__":
    main()

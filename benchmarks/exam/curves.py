"""Deletion and insertion curves of every way to a map, beside a random map and the centre prior.

python benchmarks/exam/curves.py BUNDLE PICTURES... [-n 60] [--hirescam] [--occlusion]
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from headstart import data, model
from headstart.explaining import cam, exam
from headstart.explaining.explained import contrast
from headstart.explaining.grid import on_grid, side_of, squared
from headstart.explaining.occlusion import occlusion
from headstart.explaining.subject import Subject

FAINT = 1e-12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("-n", type=int, default=60)
    parser.add_argument("--hirescam", action="store_true", help="at every stage with places; needs torch")
    parser.add_argument("--occlusion", action="store_true")
    args = parser.parse_args()
    subject = Subject(model.load(args.bundle))
    paths, _ = data.pictures(args.pictures)
    places = np.random.default_rng(0).permutation(len(paths))[: args.n]
    frames = subject.frames([paths[place] for place in np.sort(places)])
    found, classes = ways(subject, frames, args)
    for row in table(subject, frames, found, classes):
        print(json.dumps({"bundle": args.bundle, "n": len(frames), **row}), flush=True)


def ways(subject: Subject, frames: np.ndarray, args: argparse.Namespace) -> tuple[dict, np.ndarray]:
    """({way: maps [N, g, g]}, classes [N])."""
    n, side = len(frames), side_of(frames.shape[1])
    maps, found = subject.maps(frames), subject.probabilities(frames)
    order = np.argsort(-found, axis=1)
    classes = order[:, 0]
    alone = np.eye(found.shape[1], dtype=np.float32)[classes]
    direction = contrast(found, classes)
    runner_up = contrast(found, classes, order[:, 1].tolist())
    made = {
        "centre": np.broadcast_to(exam.centre(side), (n, side, side)),
        "random": np.random.default_rng(0).normal(size=(n, side, side)),
    }
    if subject.traced:
        made["cam, all others"] = cam.exact(subject, maps, direction).on_grid(side)
        made["cam, runner-up"] = cam.exact(subject, maps, runner_up).on_grid(side)
        made["cam, the class alone"] = cam.exact(subject, maps, alone).on_grid(side)
        made["cam, last cut only"] = on_grid(cam.exact(subject, maps, direction).parts[-1], side)
    if args.hirescam:
        made |= gradients(subject, frames, direction, side)
    if args.occlusion:
        made["occlusion"] = occlusion(subject.probabilities, frames, classes, side, grey=subject.grey)
    return made, classes


def gradients(
    subject: Subject, frames: np.ndarray, direction: np.ndarray, side: int
) -> dict[str, np.ndarray]:
    from headstart.explaining.hirescam import hirescam

    network, made = subject.model.network(), {}
    stages = subject.model.backbone.stages
    below = stages[: stages.index(subject.cuts[-1]) + 1]
    for stage in (stage for stage in below if stage.spatial):
        for name, averaged in (("hirescam", False), ("grad-cam", True)):
            said = hirescam(subject.model, stage, frames, direction, averaged=averaged, network=network)
            made[f"{name} {stage.name}"] = on_grid(squared(said)[0], side)
    return made


def table(subject: Subject, frames: np.ndarray, found: dict, classes: np.ndarray) -> list[dict]:
    ask, grey, n = subject.probabilities, subject.grey, len(frames)
    scores = {
        way: (
            exam.deletion(ask, frames, maps, classes, grey=grey),
            exam.insertion(ask, frames, maps, classes),
        )
        for way, maps in found.items()
    }
    prior = scores["centre"]
    return [
        {
            "way": way,
            "deletion": round(float(out.mean()), 4),
            "less_than_centre": round(float((prior[0] - out).mean()), 4),
            "deletion_error": round(float((prior[0] - out).std() / n**0.5), 4),
            "deletion_beats": round(float((out < prior[0] - FAINT).mean()), 3),
            "insertion": round(float(put.mean()), 4),
            "more_than_centre": round(float((put - prior[1]).mean()), 4),
            "insertion_error": round(float((put - prior[1]).std() / n**0.5), 4),
            "insertion_beats": round(float((put > prior[1] + FAINT).mean()), 3),
        }
        for way, (out, put) in scores.items()
    ]


if __name__ == "__main__":
    main()

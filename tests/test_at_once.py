"""Two jobs at once in two threads of one process: each is what it would have been alone, and tells its own reporter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart
from headstart import backbone, data, progress, stopping
from headstart.data.threads import ordered
from headstart.model import Model
from headstart.planning import cases
from headstart.runtime import Execution, Trunk, start
from tests.cli.conftest import tree

OPENVINO, TORCH = Execution("openvino"), Execution("torch", device="cpu")


class Noting(progress.Silent):
    """Keeps what is said, with the labels of bars."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def bar(self, label: str, total: int) -> Any:
        self.lines.append(label)
        return super().bar(label, total)


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """What the jobs return, each run in a thread of its own, all begun at the same moment."""
    gate = threading.Barrier(len(jobs))

    def begun(job: Callable[[], Any]) -> Any:
        gate.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [found.result() for found in [pool.submit(begun, job) for job in jobs]]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("shapes") / "shapes", each=12)


def job(pictures: Path, name: str, case: int) -> tuple[list[str], float, np.ndarray]:
    """(what it said, what the probe at the top reached, what the model says of all pictures)"""
    reporter = Noting()
    with progress.shown(reporter):
        dataset = headstart.load_data(str(pictures)).dataset
        parts = headstart.partition(dataset, seed=0)
        network = headstart.load_backbone(name)
        evidence = headstart.measure(dataset, parts, network, execution=Execution(keep="none"))
        plan = headstart.decide(evidence, network, case=case)
        model = Model.of(headstart.fit(plan, network, dataset, parts, execution=Execution(keep="none")))
        progress.say_once(name)
        progress.say_once(name)
        return reporter.lines, evidence.top.accuracy, model.probabilities(list(dataset.paths))


def test_two_jobs_at_once_are_what_they_are_alone(pictures: Path) -> None:
    names = ("demo-cnn", "small")
    alone = [job(pictures, name, 1) for name in names]
    beside = at_once(*[lambda name=name: job(pictures, name, 1) for name in names])
    for name, (_, accuracy, scores), (lines, accuracy_beside, scores_beside) in zip(
        names, alone, beside, strict=True
    ):
        assert accuracy_beside == accuracy
        np.testing.assert_allclose(scores_beside, scores, rtol=1e-4, atol=1e-5)
        assert lines.count(name) == 1
        assert not any(other in line for line in lines for other in names if other != name)


@pytest.mark.parametrize("execution", [OPENVINO, TORCH], ids=["openvino", "torch"])
def test_two_threads_that_use_one_runtime_do_not_mix_its_outputs(execution: Execution) -> None:
    network = backbone.load("demo-cnn")
    runtime = start(Trunk(network, network.stages), execution)
    rng = np.random.default_rng(0)
    mine, yours = ([rng.integers(0, 256, (n, 64, 64, 3), dtype=np.uint8) for _ in range(6)] for n in (2, 5))
    alone = [list(runtime.stream(batches)) for batches in (mine, yours)]
    begun = start(Trunk(network, network.stages), execution)
    beside = at_once(*[lambda b=b: list(begun.stream(b)) for b in (mine, yours, mine, yours)])
    for ours, theirs in zip((*alone, *alone), beside, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            for x, y in zip(a, b, strict=True):
                np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)


def test_one_model_is_made_ready_once_for_all_threads(pictures: Path, monkeypatch) -> None:
    network = backbone.load("demo-cnn")
    dataset = data.load(str(pictures)).dataset
    model = Model.of(
        headstart.fit(cases.make(1, network), network, dataset, headstart.partition(dataset, seed=0))
    )
    started, original = [], Model._start
    monkeypatch.setattr(Model, "_start", lambda self, *how: started.append(how) or original(self, *how))
    paths = list(dataset.paths)
    found = at_once(*[lambda: model.probabilities(paths)] * 4)
    assert len(started) == 1
    for scores in found[1:]:
        np.testing.assert_allclose(scores, found[0], rtol=1e-4, atol=1e-5)


def test_workers_tell_the_reporter_of_whoever_started_them() -> None:
    def told(name: str) -> list[str]:
        reporter = Noting()
        with progress.shown(reporter):
            for _ in ordered(lambda n: progress.say_once(f"{name} {n % 2}"), range(40), workers=3, chunk=1):
                pass
        return sorted(reporter.lines)

    assert at_once(lambda: told("a"), lambda: told("b")) == [["a 0", "a 1"], ["b 0", "b 1"]]


def test_a_reporter_is_shown_for_a_block_and_no_longer(said: list[str]) -> None:
    inner = Noting()
    with progress.shown(inner):
        progress.say("within")
    progress.say("after")
    assert (inner.lines, said) == (["within"], ["after"])


def test_a_wish_to_stop_ends_at_once_where_only_another_thread_is_in_order() -> None:
    inside, done = threading.Event(), threading.Event()

    def orderly() -> bool:
        with stopping.in_order():
            inside.set()
            done.wait(10)
            return stopping.inside()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(orderly)
        inside.wait(10)
        try:
            with pytest.raises(stopping.Stopped):
                stopping.ask(15)
        finally:
            stopping.forget()
            done.set()
        assert other.result()

"""Batches: as many answers as pictures, each its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import numpy as np
import pytest

from headstart.model import Answers
from headstart.server import batches
from headstart.server.batches import Batches
from headstart.server.problem import Problem


def frame(number: int) -> np.ndarray:
    return np.full((2, 2, 3), number, np.uint8)


def told(frames: np.ndarray) -> Answers:
    """Says of each frame what is in it."""
    return Answers(frames[:, 0, 0, :2].astype(np.float32), frames[:, 0, 0, 0].astype(np.float32))


class Asked:
    """A network that waits until it is let go; sizes: of the batches it was given."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.free = threading.Event()

    def __call__(self, frames: np.ndarray) -> Answers:
        self.sizes.append(len(frames))
        assert self.free.wait(10)
        return told(frames)


def within(run: Callable[[np.ndarray], Answers], work: Callable[[Batches], object], most: int = 8) -> None:
    async def whole() -> None:
        await work(Batches(run, most))  # pyright: ignore[reportGeneralTypeIssues]

    asyncio.run(whole())


def test_each_gets_its_own_answer():
    async def work(made: Batches) -> None:
        found = await asyncio.gather(*[made.ask(frame(n)) for n in range(200)])
        assert [one.probabilities.tolist() for one in found] == [[[n, n]] for n in range(200)]
        assert [one.similarity.tolist() for one in found] == [[n] for n in range(200)]  # pyright: ignore

    within(told, work)


def test_what_waits_goes_together_by_powers_of_two():
    network = Asked()

    async def work(made: Batches) -> None:
        first = [made.ask(frame(0))]
        await asyncio.sleep(0.05)
        assert network.sizes == [1]  # nobody waits for company
        first += [made.ask(frame(n)) for n in range(1, 24)]
        await asyncio.sleep(0.05)
        assert network.sizes == [1, 8]
        network.free.set()
        await asyncio.gather(*first)
        assert sum(network.sizes) == 24
        assert not [size for size in network.sizes if size & (size - 1) or size > 8]

    within(network, work)


def test_what_nobody_waits_for_any_more_is_not_asked_about():
    network = Asked()

    async def work(made: Batches) -> None:
        kept = [made.ask(frame(n)) for n in range(batches.LANES)]
        await asyncio.sleep(0.05)
        given_up = [made.ask(frame(9)) for _ in range(5)]
        for one in (*given_up, kept[0]):
            one.cancel()
        network.free.set()
        await asyncio.gather(*kept[1:], made.ask(frame(7)))

    within(network, work)
    assert sum(network.sizes) == batches.LANES + 1


def test_an_error_reaches_those_of_its_batch_and_the_next_are_answered():
    def fails(frames: np.ndarray) -> Answers:
        if (frames == 13).any():
            raise RuntimeError("thirteen")
        return told(frames)

    async def work(made: Batches) -> None:
        with pytest.raises(RuntimeError, match="thirteen"):
            await made.ask(frame(13))
        assert (await made.ask(frame(3))).probabilities.tolist() == [[3, 3]]

    within(fails, work)


def test_there_is_a_bound_to_what_waits(monkeypatch):
    monkeypatch.setattr(batches, "WAITING", 3)
    network = Asked()

    async def work(made: Batches) -> None:
        asked = [made.ask(frame(n)) for n in range(3)]
        with pytest.raises(Problem, match="3 pictures wait already; ask again in a moment") as refused:
            made.ask(frame(3))
        assert refused.value.status == 503
        network.free.set()
        await asyncio.gather(*asked)

    within(network, work)

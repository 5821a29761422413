"""Batches: what waits while the network is busy is asked together as soon as it is not."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from headstart import progress
from headstart.model import Answers
from headstart.server.limits import WAITING
from headstart.server.problem import busy

LANES = 2  # batches at the same time: as many as headstart.runtime.openvino computes in parallel


class _Asked(NamedTuple):
    frame: np.ndarray
    answer: asyncio.Future[Answers]


class Batches:
    """Prepared pictures to answers, in threads of its own. All but `run` happens in the event loop's thread.

    run   frames uint8 [B, S, S, 3] → Answers to B pictures
    most  pictures of a batch; batches have 1, 2, 4, 8 … of them, so that none is padded and few sizes are compiled

    Nobody waits for company: where a lane is free, a picture is asked about at once.
    """

    def __init__(self, run: Callable[[np.ndarray], Answers], most: int) -> None:
        self._run, self._most = run, most
        self._waiting = deque[_Asked]()
        self._idle, self._due = LANES, False
        self._threads = ThreadPoolExecutor(
            LANES, "headstart-network", initializer=progress.adopt, initargs=(progress.audience(),)
        )

    def ask(self, frame: np.ndarray) -> asyncio.Future[Answers]:
        """The answer to one picture, uint8 [S, S, 3]; what is cancelled while it waits is not asked about.

        Raises Problem where too many wait.
        """
        if len(self._waiting) >= WAITING:
            raise busy(f"{WAITING:,} pictures wait already")
        loop = asyncio.get_running_loop()
        asked = _Asked(frame, loop.create_future())
        self._waiting.append(asked)
        if not self._due:
            self._due = True
            loop.call_soon(self._begin)  # what comes in the same turn goes together
        return asked.answer

    def _begin(self) -> None:
        self._due = False
        while self._idle and (batch := self._taken()):
            self._idle -= 1
            frames = np.stack([asked.frame for asked in batch])
            work = asyncio.get_running_loop().run_in_executor(self._threads, self._run, frames)
            work.add_done_callback(partial(self._done, batch))

    def _taken(self) -> list[_Asked]:
        """An idle lane's share of what waits, rounded down to a power of two."""
        if any(asked.answer.done() for asked in self._waiting):
            self._waiting = deque(asked for asked in self._waiting if not asked.answer.done())
        share = min(self._most, -(-len(self._waiting) // max(1, self._idle)))
        return [self._waiting.popleft() for _ in range(1 << share.bit_length() >> 1)]

    def _done(self, batch: list[_Asked], work: asyncio.Future[Answers]) -> None:
        self._idle += 1
        error = work.exception()
        for place, asked in enumerate(batch):
            if asked.answer.done():
                continue
            if error is not None:
                asked.answer.set_exception(error)
            else:
                asked.answer.set_result(work.result().at(place))
        self._begin()

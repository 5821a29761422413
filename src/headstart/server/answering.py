"""Answering: from the pictures of a request to what `headstart predict` says of them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from headstart import progress
from headstart.data.decode import size_of
from headstart.data.given import Given
from headstart.data.loader import frame
from headstart.data.threads import pool_of, worker_count
from headstart.errors import PictureError, TooLargeError
from headstart.job.predict import Predicted
from headstart.job.usable import Part, usable
from headstart.model import Answers, Model
from headstart.planning.inputs import execution_of
from headstart.server.batches import Batches
from headstart.server.limits import MB, Limits
from headstart.server.problem import Problem

if TYPE_CHECKING:
    from headstart.runtime import Execution

_MOST = 16  # pictures of a batch


class Answering:
    """Decodes each picture in a thread, and puts it to the network together with what else waits."""

    def __init__(self, model: Model, execution: Execution, limits: Limits) -> None:
        self.model, self.limits = model, limits
        self._how = execution_of(model.plan, execution)
        most = min(_MOST, self._how.batch_of(model.backbone.preprocess.size))
        self._batches = Batches(self._run, most)
        self._most = most
        self._decoders: ThreadPoolExecutor = pool_of(worker_count(self._how.workers))

    def warm(self) -> None:
        """Makes the network ready for batches of all sizes, so that no request waits for that. Raises BackboneError,
        BundleError."""
        side = self.model.backbone.preprocess.size
        count = self._most.bit_length()
        with progress.bar("making the network ready", count) as bar:
            for power in range(count):
                self._run(np.zeros((1 << power, side, side, 3), np.uint8))
                bar.advance()

    async def predicted(
        self,
        pictures: list[Given],
        *,
        truncated: str = "refuse",
        sure: float | None = None,
        coverage: float | None = None,
    ) -> Predicted:
        """As predict(). Raises Problem for a picture that is too large."""
        loop = asyncio.get_running_loop()
        ready = [
            loop.run_in_executor(self._decoders, partial(self._prepared, one, truncated)) for one in pictures
        ]
        try:
            parts = (
                [await self._answered(await one) for one in ready]
                if len(ready) == 1
                else await self._all(ready)
            )
        finally:
            for one in ready:
                one.cancel()
        return Predicted.of(self.model, parts, sure=sure, coverage=coverage)

    async def _all(self, ready: list[asyncio.Future[Part[np.ndarray]]]) -> list[Part[Answers]]:
        """Where one is refused, the others are not asked about any more."""

        async def each(one: asyncio.Future[Part[np.ndarray]]) -> Part[Answers]:
            return await self._answered(await one)

        asked = [asyncio.ensure_future(each(one)) for one in ready]
        try:
            return await asyncio.gather(*asked)
        finally:
            for one in asked:
                one.cancel()

    async def _answered(self, part: Part[np.ndarray]) -> Part[Answers]:
        found = None if part.found is None else await self._batches.ask(part.found)
        return Part(part.paths, found, part.left_out, part.short)

    def _prepared(self, picture: Given, truncated: str) -> Part[np.ndarray]:
        """What the network sees of a picture, uint8 [S, S, 3]. Raises Problem."""
        self._check(picture)
        (part,) = usable([picture], self._frame, size=1, workers=1, truncated=truncated)
        return part

    def _frame(self, batch: list[Given], truncated: str) -> np.ndarray:
        return frame(self.model.backbone.preprocess, truncated, batch[0])

    def _check(self, picture: Given) -> None:
        try:
            width, height = size_of(picture)
        except TooLargeError as error:
            raise Problem(413, f"a picture has {error}; make it smaller") from error
        except PictureError:
            return  # it is left out, with the reason
        if width * height > self.limits.pixels:
            raise Problem(
                413,
                f"a picture of {width:,} × {height:,} pixels, more than {self.limits.pixels / MB:g} million; "
                "make it smaller",
            )

    def _run(self, frames: np.ndarray) -> Answers:
        return self.model.answers_to_frames(frames, execution=self._how)

"""Work on pictures in threads: results in order, a bounded number under way.

Threads, not processes: Pillow, hashing and file access let go of the interpreter while they work.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from headstart import progress

T = TypeVar("T")
R = TypeVar("R")


def worker_count(workers: int) -> int:
    """`workers`, or the number of processors that this process may use where it is 0."""
    if workers > 0:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pool_of(count: int) -> ThreadPoolExecutor:
    """A pool of `count` threads, whose news goes where that of its maker does."""
    return ThreadPoolExecutor(
        count, "headstart-data", initializer=progress.adopt, initargs=(progress.audience(),)
    )


def ordered(
    function: Callable[[T], R], items: Sequence[T], *, workers: int = 0, chunk: int = 8, ahead: int = 64
) -> Iterator[R]:
    """`function` over `items`, in their order. At most about `ahead` results wait or are being made.

    Items go to the threads `chunk` at a time, since handing over one by one would cost as much as a small
    picture. An exception of `function` comes out at its item's place; what was waiting is cancelled.
    """

    def work(start: int) -> list[R]:
        return [function(item) for item in items[start : start + chunk]]

    count = worker_count(workers)
    most = max(2 * count, -(-ahead // chunk))
    waiting: deque[Future[list[R]]] = deque()
    pool = pool_of(count)
    try:
        for start in range(0, len(items), chunk):
            waiting.append(pool.submit(work, start))
            if len(waiting) >= most:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)

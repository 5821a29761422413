"""How many threads numpy's matrix products (BLAS) take.

A verb sets it for its own process; importing headstart never does.
"""

from __future__ import annotations

import os


def one_thread() -> None:
    """For verbs that ask a network and solve nothing: their products are small, between two runs of the network.

    OpenBLAS, which numpy brings, has a thread for each core, and after a product these spin for some 25 ms in case
    another comes. Beside a network they take its cores: half of the CPU time of `headstart serve` went there. It is
    read when numpy is imported, and changes nothing afterwards.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

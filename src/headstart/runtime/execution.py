"""Execution: how networks are to run."""

from __future__ import annotations

from dataclasses import dataclass

KEEPS = ("fp32", "fp16", "none")


@dataclass(frozen=True)
class Execution:
    """How a frozen network is run: see start(); workers 0 is one per processor, batch_size 0 what suits
    runtime and picture size.

    copies: the precision of random copies, which are bars and no results: "auto" is the shortest that the machine has.
    keep: how features are kept on the disk, "fp32", "fp16" (half the space; used as rounded, the first time too) or
    "none".
    """

    runtime: str = "auto"
    precision: str = "fp32"
    copies: str = "auto"
    device: str = "auto"
    workers: int = 0
    batch_size: int = 0
    keep: str = "fp32"

    def __post_init__(self) -> None:
        if self.keep not in KEEPS:
            raise ValueError(f"keep {self.keep!r}: expected one of {', '.join(KEEPS)}")

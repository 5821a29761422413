"""Writes the anatomy of the networks in the box; needs torch: `python -m headstart.backbone.describe [NAME …]`."""

from __future__ import annotations

import sys
from typing import Any

from headstart import files, seals
from headstart.backbone import boxed, zoo
from headstart.backbone import folder as folders
from headstart.backbone.spec import NetworkSpec

# What one size does not tell: how odd sides are rounded, and the first stage that takes one size only.
_HALVES = {"small": "up", "demo-cnn": "down", "lite0": "up"}
_ONE_SIZE = {"demo-cnn": ("fc1", 4)}


def described(name: str) -> dict[str, Any]:
    """What `anatomy.json` holds of the network in the box called `name`, read off its torch module."""
    backbone, _, _ = zoo.load(NetworkSpec(name))
    owners: dict[str, list[str]] = {}
    for tensor, owner in backbone.owners.items():
        owners.setdefault(owner, []).append(tensor)
    return {
        "head": backbone.head,
        "weights_sha256": backbone.weights_sha256,
        "halves": _HALVES[name],
        "one_size": _ONE_SIZE.get(name),
        "stages": backbone.to_dict()["stages"],
        "owners": owners,
    }


def main() -> None:
    for name in sys.argv[1:] or _HALVES:
        files.write_text(
            folders.SHIPPED / name / boxed.ANATOMY, folders.compact(seals.sealed(described(name)))
        )


if __name__ == "__main__":
    main()

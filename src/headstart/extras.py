"""What an install may lack: torch and its kin, which `headstart[train]` brings."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from importlib import metadata

from headstart.errors import MissingError

TRAIN = ("torch", "torchvision", "timm")
COMMAND = "pip install 'headstart[train]'"


def installed(package: str) -> bool:
    """Whether `package` can be imported here; it is not."""
    return importlib.util.find_spec(package) is not None


def complete() -> bool:
    """Whether all that `headstart[train]` brings is here: a network's module may be of any of it."""
    return all(map(installed, TRAIN))


def version(package: str) -> str:
    """Of an installed package; "" where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def need(what: str, package: str = "torch") -> None:
    """Raises MissingError where `package`, which `what` needs, is not installed."""
    if not installed(package):
        raise MissingError(f"{what}: needs {package}; {COMMAND}")


@contextlib.contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Within the block an import of torch or its kin that fails becomes a MissingError that names `what`."""
    try:
        yield
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in TRAIN:
            raise
        raise MissingError(f"{what}: needs {package}; {COMMAND}") from error

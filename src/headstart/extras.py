"""What an install may lack: torch and its kin, which the extra `train` brings, and what `export` and `serve` do; and
how this install gets an extra."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shlex
from collections.abc import Iterator
from importlib import metadata
from urllib.parse import urlsplit
from urllib.request import url2pathname

from headstart.errors import MissingError

TRAIN = ("torch", "torchvision", "timm")
EXPORT = ("onnx", "onnxruntime", "transformers")
SIZE = " (about 5.7 GB on disk)"  # of what `train` brings, on Linux with torch for CUDA
SERVE = ("fastapi", "h11", "pydantic", "python_multipart", "starlette", "uvicorn")


def installed(package: str) -> bool:
    """Whether `package` can be imported here; it is not."""
    return importlib.util.find_spec(package) is not None


def command(extra: str = "train") -> str:
    """How this install gets an extra: from the folder or file that it came from, else by its name.

    Where it came from is what pip noted (packaging.python.org, direct_url.json).
    """
    noted = _noted()
    url = urlsplit(noted.get("url", ""))
    if url.scheme != "file":
        return f"pip install 'headstart[{extra}]'"
    flag = "-e " * bool(noted.get("dir_info", {}).get("editable"))
    return f"pip install {flag}{_quoted(f'{url2pathname(url.path)}[{extra}]')}"


def _noted() -> dict:
    """What pip noted of where headstart came from; {} where it came from an index, or was not installed."""
    try:
        read = metadata.distribution("headstart").read_text  # as UTF-8, always
        return json.loads(read("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return {}


def _quoted(text: str) -> str:
    """For a shell: brackets would be a pattern to it. Windows' knows double quotes alone."""
    return f'"{text}"' if os.name == "nt" else shlex.quote(text)


def complete() -> bool:
    """Whether all that the extra `train` brings is here: a network's module may be of any of it."""
    return all(map(installed, TRAIN))


def version(package: str) -> str:
    """Of an installed package; "" where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def need(what: str) -> None:
    """Raises MissingError where `what` needs the extra `train` and a package of it is not installed."""
    for package in TRAIN:
        if not installed(package):
            raise _lacking(what, package, "train")


@contextlib.contextmanager
def needed_for(what: str, extra: str = "train") -> Iterator[None]:
    """Within the block an import that fails of what the extra brings becomes a MissingError that names `what`."""
    try:
        yield
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in {"train": TRAIN, "export": EXPORT, "serve": SERVE}[extra]:
            raise
        raise _lacking(what, package, extra) from error


def _lacking(what: str, package: str, extra: str) -> MissingError:
    size = SIZE if extra == "train" else ""
    return MissingError(f"{what}: needs {package}; {command(extra)}{size}")

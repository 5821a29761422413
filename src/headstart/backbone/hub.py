"""The model hub, asked only when the user asks for a network's weights: no usage reporting, no minutes of retries."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

# Read when huggingface_hub is imported, so this module comes before whatever imports it (timm does).
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_USUAL = ("model.safetensors", "pytorch_model.bin")


@contextlib.contextmanager
def asked_once() -> Iterator[None]:
    """Within the block, weights come from the hub's cache or from the hub; where its name cannot even be resolved
    it is not asked again and again, and its warnings give way to the one line of our own error."""
    from huggingface_hub import constants
    from huggingface_hub.utils import logging

    offline, verbosity = constants.HF_HUB_OFFLINE, logging.get_verbosity()
    logging.set_verbosity_error()
    constants.HF_HUB_OFFLINE = offline or not _within_reach(constants.ENDPOINT)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = offline
        logging.set_verbosity(verbosity)


def _within_reach(endpoint: str) -> bool:
    if getproxies():
        return True  # a proxy resolves names for us
    try:
        socket.getaddrinfo(urlsplit(endpoint).hostname, 443)
    except OSError:
        return False
    return True


def has(repository: str, file: str | None = None) -> bool:
    """Whether weights of a repository lie in the hub's cache on this machine: `file`, or one of the usual names."""
    from huggingface_hub import try_to_load_from_cache

    name, _, revision = repository.partition("@")
    names = (file,) if file else _USUAL
    try:
        return any(isinstance(try_to_load_from_cache(name, n, revision=revision or None), str) for n in names)
    except ValueError:  # no name that a repository can have
        return False


def has_url(url: str) -> bool:
    """Whether what torch downloads from `url` lies in its folder on this machine."""
    from torch.hub import get_dir

    return (Path(get_dir()) / "checkpoints" / url.rpartition("/")[2]).is_file()

"""What the hub, the way to it or the disk refuse, told in one line that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from headstart.backbone import hub
from headstart.errors import BackboneError, HeadstartError, OfflineError, OutputError, WeightsError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOG_IN = "`hf auth login`, or HF_TOKEN"


def raised() -> tuple[type[Exception], ...]:
    """What is raised while the hub is asked; refused() tells it."""
    from huggingface_hub.errors import HfHubHTTPError

    http = HfHubHTTPError.__bases__[0]  # of the HTTP library that huggingface_hub uses, whose name changes
    return (http, OSError, hub.NotWhole, hub.NoRoom, hub.NotTheHub)


def refused(error: Exception, what: str, repository: str, hint: str = "") -> HeadstartError:
    """The line about what was raised while `repository` was asked for `what`, such as "timm:resnet18".

    hint: names that may be meant, where the hub has no such repository.
    """
    from huggingface_hub import errors

    sayings: tuple[tuple[type[Exception], Callable[..., HeadstartError]], ...] = (
        (hub.NotWhole, _not_whole),
        (hub.NoRoom, _no_room),
        (hub.NotTheHub, _not_the_hub),
        (errors.GatedRepoError, _gated),
        (errors.RepositoryNotFoundError, partial(_no_repository, hint)),
        (errors.RevisionNotFoundError, _no_revision),
        (errors.RemoteEntryNotFoundError, _no_file),
        (errors.HfHubHTTPError, _answered),
        (errors.OfflineModeIsEnabled, _forbidden),
    )
    for kind, saying in sayings:
        if isinstance(error, kind):
            return saying(error, what, repository)
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
        return on_disk(error, what)
    return _not_reached(error, what, repository)


def _not_whole(error: Exception, what: str, repository: str) -> HeadstartError:
    return WeightsError(
        f"{what}: {error} is not the file that {repository} holds (its SHA-256 is another): altered on its way, or "
        "damaged here; it was removed, try again"
    )


def _no_room(error: Exception, what: str, repository: str) -> HeadstartError:
    size, free = (f"{count / 1e6:,.0f} MB" for count in error.args)
    return OutputError(
        f"{what}: {size} are to be downloaded, and {_cache()} has {free} left; make room, or let HF_HOME name "
        "another place"
    )


def on_disk(error: OSError, what: str) -> HeadstartError:
    """Of a file that cannot be written or read."""
    if error.errno in _FULL:
        return OutputError(
            f"{what}: no room left in {_cache()}; make room, or let HF_HOME name another place"
        )
    return OutputError(
        f"{what}: {error.filename or _cache()} cannot be used ({error.strerror}); let HF_HOME name another place"
    )


def _not_the_hub(error: Exception, what: str, repository: str) -> HeadstartError:
    return OfflineError(
        f"{what}: what answers at {endpoint()} is not the hub; log in to the network that you are in, or look at "
        f"HF_ENDPOINT; {_or_a_file()}"
    )


def _gated(error: Exception, what: str, repository: str) -> HeadstartError:
    return BackboneError(
        f"{what}: {repository} is given only to those who agree to its terms; do so at {endpoint()}/{repository}, and "
        f"log in ({_LOG_IN})"
    )


def _no_repository(hint: str, error: Exception, what: str, repository: str) -> HeadstartError:
    return BackboneError(
        f"{what}: the hub has no repository {repository}, or shows it to its owners alone; "
        f"{hint or 'check the name, '}or log in ({_LOG_IN})"
    )


def _no_revision(error: Exception, what: str, repository: str) -> HeadstartError:
    owned, _, revision = repository.partition("@")
    return BackboneError(f"{what}: {owned} has no revision {revision!r}; leave it out, or name one that is")


def _no_file(error: Any, what: str, repository: str) -> HeadstartError:
    file = urlsplit(str(error.response.url)).path.rpartition("/")[2]
    return BackboneError(f"{what}: {repository} holds no {file}, so it is no network of timm's; name another")


def _answered(error: Any, what: str, repository: str) -> HeadstartError:
    """The hub says neither yes nor no in a way of its own."""
    status = error.response.status_code
    if status == 401:
        return OfflineError(
            f"{what}: the hub does not know your token; renew it, or leave it out ({_LOG_IN})"
        )
    if status == 403:
        return OfflineError(f"{what}: the hub does not let you read {repository}; ask its owner")
    return OfflineError(f"{what}: {answer(error)}; try again later, or {_or_a_file()}")


def answer(error: Any) -> str:
    """What the hub answered, in words."""
    response = error.response
    if response.status_code == 429:
        return "the hub answers that it was asked too often (429)"
    return f"the hub answers {response.status_code} {response.reason_phrase}".rstrip()


def _forbidden(error: Exception, what: str, repository: str) -> HeadstartError:
    return OfflineError(
        f"{what}: its files are not on this machine, and HF_HUB_OFFLINE forbids to ask the hub; unset it once, or "
        f"{_or_a_file()}"
    )


def _not_reached(error: Exception, what: str, repository: str) -> HeadstartError:
    return OfflineError(
        f"{what}: its files are not on this machine and could not be downloaded ({way(error)}); go online once, or "
        f"{_or_a_file()}"
    )


def way(error: Exception) -> str:
    """Where the way to the hub ends, in words."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    if "onsistency check" in reason:
        return "what came is not of the size that the hub says"
    parts = urlsplit(endpoint())
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    return f"{endpoint()}{f' by the proxy {_plain(proxy)}' if proxy else ''}: {reason}"


def _plain(proxy: str) -> str:
    """Without name and password."""
    return proxy.rpartition("@")[2]


def endpoint() -> str:
    """The hub's address."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def _cache() -> str:
    from huggingface_hub import constants

    return constants.HF_HUB_CACHE


def _or_a_file() -> str:
    return "give a local file with --weights FILE"

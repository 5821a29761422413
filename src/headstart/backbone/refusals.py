"""What the hub, another server, the way to it or the disk refuse, told in one line that says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from headstart.backbone import hub
from headstart.backbone.download import FULL, NoRoom, NotWhole, http_error
from headstart.errors import BackboneError, HeadstartError, OfflineError, OutputError, WeightsError

_LOG_IN = "`hf auth login`, or HF_TOKEN"


@dataclass(frozen=True)
class Site:
    """address: of a server; cache: the folder that its files go to; variable: of the environment, which names another
    folder."""

    address: str
    cache: str
    variable: str


def hub_site() -> Site:
    from huggingface_hub import constants

    return Site(endpoint(), constants.HF_HUB_CACHE, "HF_HOME")


def raised() -> tuple[type[Exception], ...]:
    """What is raised while the hub is asked; refused() tells it."""
    return (http_error(), OSError, NotWhole, NoRoom, hub.NotTheHub)


def refused(error: Exception, what: str, repository: str, hint: str = "") -> HeadstartError:
    """The line about what was raised while `repository` was asked for `what`, such as "timm:resnet18".

    hint: names that may be meant, where the hub has no such repository.
    """
    from huggingface_hub import errors

    sayings: tuple[tuple[type[Exception], Callable[..., HeadstartError]], ...] = (
        (NotWhole, partial(_not_whole, f"the file that {repository} holds")),
        (hub.NotTheHub, _not_the_hub),
        (errors.GatedRepoError, _gated),
        (errors.RepositoryNotFoundError, partial(_no_repository, hint)),
        (errors.RevisionNotFoundError, _no_revision),
        (errors.RemoteEntryNotFoundError, _no_file),
        (errors.HfHubHTTPError, _answered),
    )
    if isinstance(error, errors.HfHubHTTPError) and not hub.is_own(str(error.response.url)):
        return _elsewhere(error, what)
    for kind, saying in sayings:
        if isinstance(error, kind):
            return saying(error, what, repository)
    return _by_the_way(error, what, hub_site())


def refused_url(error: Exception, what: str, url: str, cache: Path) -> HeadstartError:
    """The line about what was raised while `url` was asked for the weights of `what`. cache: the folder they go to."""
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, NotWhole):
        return _not_whole("the file that its name says", error, what, url)
    if isinstance(error, HfHubHTTPError):
        told = f"{what}: {answer(error, str(urlsplit(url).hostname))} for {url}"
        if error.response.status_code in (404, 410):
            return WeightsError(f"{told}; its weights are no longer there; {_or_a_file()}")
        return OfflineError(f"{told}; try again later, or {_or_a_file()}")
    parts = urlsplit(url)
    return _by_the_way(error, what, Site(f"{parts.scheme}://{parts.netloc}", str(cache), "TORCH_HOME"))


def _by_the_way(error: Exception, what: str, site: Site) -> HeadstartError:
    """Of what no server has said."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, NoRoom):
        return _no_room(error, what, site)
    if isinstance(error, OfflineModeIsEnabled):
        return _forbidden(what)
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
        return _on_disk(error, what, site)
    return _not_reached(error, what, site)


def _not_whole(expected: str, error: Exception, what: str, repository: str) -> HeadstartError:
    return WeightsError(
        f"{what}: {error} is not {expected} (its checksum is another): altered on its way, or "
        "damaged here; it was removed, try again"
    )


def _no_room(error: NoRoom, what: str, site: Site) -> HeadstartError:
    size, free = (f"{count / 1e6:,.0f} MB" for count in error.args)
    return OutputError(
        f"{what}: {size} are to be downloaded, and {site.cache} has {free} left; make room, or let {site.variable} "
        "name another place"
    )


def _on_disk(error: OSError, what: str, site: Site) -> HeadstartError:
    instead = f"let {site.variable} name another place"
    if error.errno in FULL:
        return OutputError(f"{what}: no room left in {site.cache}; make room, or {instead}")
    return OutputError(f"{what}: {error.filename or site.cache} cannot be used ({error.strerror}); {instead}")


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
        f"{hint}check the name, or log in ({_LOG_IN})"
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


def _elsewhere(error: Any, what: str) -> HeadstartError:
    """The store to which the hub points says no, as where the address has expired. The next run gets a new one."""
    host = str(urlsplit(str(error.response.url)).hostname)
    return OfflineError(f"{what}: {answer(error, host)}; try again later, or {_or_a_file()}")


def answer(error: Any, who: str = "the hub") -> str:
    """What it answered, in words."""
    response = error.response
    if response.status_code == 429:
        return f"{who} answers that it was asked too often (429)"
    return f"{who} answers {response.status_code} {response.reason_phrase}".rstrip()


def _forbidden(what: str) -> HeadstartError:
    return OfflineError(
        f"{what}: its files are not on this machine, and HF_HUB_OFFLINE forbids downloads; unset it once, or "
        f"{_or_a_file()}"
    )


def _not_reached(error: Exception, what: str, site: Site) -> HeadstartError:
    told = way(error, site.address)
    return OfflineError(
        f"{what}: its files are not on this machine and could not be downloaded ({told}); go online once, or "
        f"{_or_a_file()}"
    )


def way(error: Exception, address: str = "") -> str:
    """Where the way to a server ends, in words. address: the server's; the hub's where none is given."""
    address = address or endpoint()
    reason = re.sub(r"^\[Errno -?\d+\] ", "", (str(error).strip() or type(error).__name__).splitlines()[0])
    parts = urlsplit(address)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    return f"{address}{f' by the proxy {_plain(proxy)}' if proxy else ''}: {reason}"


def _plain(proxy: str) -> str:
    """Without name and password."""
    return proxy.rpartition("@")[2]


def endpoint() -> str:
    """The hub's address."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def _or_a_file() -> str:
    return "give a local file with --weights FILE"

"""An export brought to the model hub, in one commit: either all of it is there afterwards, or an error says what is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import headstart
from headstart import extras, progress
from headstart.backbone import hub, refusals
from headstart.errors import HeadstartError, MissingError, OptionError, OutputError
from headstart.strangers import plain

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_ITS_OWN = ".gitattributes"  # what the hub puts into a new repository
_WRITING = "a token that may write ({}/settings/tokens)"


@dataclass(frozen=True)
class Pushed:
    """repository: "owner/name"; url: its page; commit: the one that this push made; private: whether only its owner's
    people see it."""

    repository: str
    url: str
    commit: str
    private: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def confirm(repository: str, *, private: bool = False, force: bool = False) -> None:
    """Asks the hub, before an export is made for `repository`, all that a push could fail for.

    force: the repository may hold files already. Raises MissingError; OptionError for a name that none can have,
    another's, or a public repository where a private one is wanted; OutputError where nobody is logged in, may write,
    or answers, or where there are files.
    """
    _check_name(repository)
    with _asked(repository) as api:
        _check_owner(repository, api.whoami())
        found = _found(api, repository)
    if found is None:
        return
    if private and not found.private:
        raise OptionError(
            f"push to {repository}: it is public already; make it private at "
            f"{refusals.endpoint()}/{repository}/settings, or name another"
        )
    if {one.rfilename for one in found.siblings or ()} - {_ITS_OWN} and not force:
        raise OutputError(
            f"push to {repository}: it holds files already; name another repository, or say that a new version may be "
            "laid over them (--force)"
        )


def push(files: dict[str, Path], repository: str, *, private: bool = False) -> Pushed:
    """Commits `files`, by their names there, to `repository`, which is made where there is none.

    The hub is asked afterwards whether it has them all. Raises MissingError, OutputError.
    """
    _check_name(repository)
    size = sum(path.stat().st_size for path in files.values())
    progress.say(f"pushing {len(files)} files, {size / 1e6:,.1f} MB, to {repository}")
    with _asked(repository, "nothing was pushed, ") as api:
        from huggingface_hub import CommitOperationAdd

        api.create_repo(repository, private=private or None, exist_ok=True)
        added = [CommitOperationAdd(name, path) for name, path in sorted(files.items())]
        message = f"Exported by headstart {headstart.__version__}"
        made = api.create_commit(repository, added, commit_message=message)
    with _asked(repository, "it is not known whether all was pushed, ") as api:
        there = api.model_info(repository, revision=made.oid)
    if lost := set(files) - {one.rfilename for one in there.siblings or ()}:
        raise OutputError(
            f"push to {repository}: the hub did not take {', '.join(sorted(lost))} (a .gitignore there?); what was "
            "pushed is not whole, look at the repository"
        )
    return Pushed(repository, f"{refusals.endpoint()}/{repository}", made.oid, bool(there.private))


def _check_name(repository: str) -> None:
    """Raises MissingError, OptionError."""
    if not extras.installed("huggingface_hub"):
        raise MissingError(f"push to {repository}: needs huggingface_hub; {extras.command()}")
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repository)
    except HFValidationError:
        owner = ""
    else:
        owner, _, _ = repository.rpartition("/")
    if not owner:
        raise OptionError(
            f"push to {repository!r}: expected OWNER/NAME, of letters, digits, '-', '_' and '.', as in ada/flowers"
        )


def _check_owner(repository: str, who: dict[str, Any]) -> None:
    """Raises OptionError, OutputError where whoever the token is of may not write there."""
    owner, own = repository.partition("/")[0], who["name"]
    owners = [own, *(one["name"] for one in who.get("orgs", ()))]
    if owner.lower() not in map(str.lower, owners):
        raise OptionError(
            f"push to {repository}: you are {own}, and can write to {', '.join(owners)}; name one of them"
        )
    if (who.get("auth") or {}).get("accessToken", {}).get("role") == "read":
        raise OutputError(
            f"push to {repository}: your token may only read; make {_writing()}, and `hf auth login` with it"
        )


def _found(api: HfApi, repository: str) -> Any:
    """What the hub tells of a repository; None where there is none."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return api.model_info(repository)
    except RepositoryNotFoundError:
        return None


@contextlib.contextmanager
def _asked(repository: str, state: str = "") -> Iterator[HfApi]:
    """Within the block what the hub refuses becomes an OutputError, which says in `state` how far it came."""
    from huggingface_hub import HfApi

    try:
        with hub.quietly():
            yield HfApi()
    except (*refusals.raised(), RuntimeError, ValueError) as error:
        inner = (
            error.__cause__ if type(error) is RuntimeError else error
        )  # it names a file that was being sent
        raise _refused(inner if isinstance(inner, Exception) else error, repository, state) from error


def _refused(error: Exception, repository: str, state: str) -> HeadstartError:
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError, OfflineModeIsEnabled

    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if isinstance(error, LocalTokenNotFoundError):
        reason = f"you are not logged in; `hf auth login`, or let HF_TOKEN hold {_writing()}"
    elif isinstance(error, OfflineModeIsEnabled):
        reason = "HF_HUB_OFFLINE forbids to ask the hub; unset it"
    elif status == 401:
        reason = f"{state}the hub does not know your token; `hf auth login` with {_writing()}"
    elif status == 403:
        reason = f"{state}your token may not write there; make {_writing()}, and `hf auth login` with it"
    elif isinstance(error, HfHubHTTPError):
        reason = f"{state}{refusals.answer(error)}; try again later"
    elif isinstance(error, refusals.raised()):
        reason = f"{state}the hub could not be reached ({refusals.way(error)}); try again"
    else:  # such as an upload that the hub's store does not take
        reason = f"{state}huggingface_hub says: {plain((str(error).strip() or type(error).__name__).splitlines()[0])}"
    return OutputError(f"push to {repository}: {reason}")


def _writing() -> str:
    return _WRITING.format(refusals.endpoint())

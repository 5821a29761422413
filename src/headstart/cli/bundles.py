"""What the argument BUNDLE may be: a bundle, the run that holds it, or a zip of either."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from headstart import files
from headstart.errors import BundleError, HeadstartError
from headstart.job.folder import INFO, bundle_within

# Of a zip: more than any bundle has. Weights hardly shrink, so that what unpacks to many times its size is none.
_MOST_FILES, _MOST_TIMES, _ALWAYS = 10_000, 20, 64 << 20
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@contextlib.contextmanager
def opened(name: str) -> Iterator[Path]:
    """The bundle that `name` means, where there is one, else `name` as it is. A zip is unpacked for the block's time.

    Raises BundleError for a zip that is damaged, holds no bundle or several, or is not honest.
    """
    path = Path(name)
    if _is_zip(path):
        with files.explained(Path(tempfile.gettempdir())):
            folder = tempfile.TemporaryDirectory(prefix="headstart-")
        with folder as place, _called(place, name):
            _unpack(path, Path(place))
            yield Path(place)
    else:
        yield _folder(path) or path


def meant(name: str) -> bool:
    """Whether `name` is something that opened() finds a bundle in, or should."""
    return _folder(Path(name)) is not None or _is_zip(Path(name))


def _folder(path: Path) -> Path | None:
    """The bundle that a folder is or, as a run's, holds."""
    return path if (path / INFO).is_file() else bundle_within(path)


def _is_zip(path: Path) -> bool:
    return path.is_file() and zipfile.is_zipfile(path)


@contextlib.contextmanager
def _called(place: str, name: str) -> Iterator[None]:
    """Errors name the zip, not the place where it was unpacked."""
    try:
        yield
    except HeadstartError as error:
        raise type(error)(str(error).replace(place, name)) from error


def _unpack(archive: Path, place: Path) -> None:
    """Unpacks the bundle in `archive` into `place`. Raises BundleError, OutputError."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = _members(archive, zipped)
            for target, member in members.items():
                _write(zipped, member, place / target)
    except _DAMAGE as error:
        raise BundleError(f"{archive}: damaged ({error}); zip the bundle anew") from error


def _members(archive: Path, zipped: zipfile.ZipFile) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """{path within the bundle: member}, each looked at before any is written. Raises BundleError."""
    found = [member for member in zipped.infolist() if not member.is_dir()]
    for member in found:
        if reason := _dishonest(member):
            raise BundleError(f"{archive}: {member.filename}: {reason}; expected a plain zip of a bundle")
    if len(found) > _MOST_FILES or len({member.filename for member in found}) < len(found):
        raise BundleError(f"{archive}: too many files, or one twice; expected a plain zip of a bundle")
    root = _root(archive, [PurePosixPath(member.filename) for member in found])
    members = {
        PurePosixPath(m.filename).relative_to(root): m
        for m in found
        if PurePosixPath(m.filename).is_relative_to(root)
    }
    size = sum(member.file_size for member in members.values())
    if size > _ALWAYS + _MOST_TIMES * archive.stat().st_size:
        raise BundleError(f"{archive}: would unpack to {size:,} bytes; expected a plain zip of a bundle")
    return members


def _dishonest(member: zipfile.ZipInfo) -> str:
    """Why the member must not be unpacked, "" where it may."""
    path, kind = PurePosixPath(member.filename), stat.S_IFMT(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or PureWindowsPath(path).drive:
        return "leads out of the folder"
    if kind not in (0, stat.S_IFREG):
        return "a link or another special file"
    if member.flag_bits & 1 or member.compress_type not in _KNOWN:
        return "encrypted, or packed in an unusual way"
    return ""


def _root(archive: Path, paths: list[PurePosixPath]) -> PurePosixPath:
    """The folder in the zip that is the bundle: the one nearest to its top. Raises BundleError."""
    holders = [path.parent for path in paths if path.name == INFO]
    least = min((len(folder.parts) for folder in holders), default=0)
    top = [folder for folder in holders if len(folder.parts) == least]
    if len(top) != 1:
        count = f"{len(top)} bundles" if top else f"no bundle (no {INFO})"
        raise BundleError(f"{archive}: holds {count}; expected the zip of one, or of a run's folder")
    return top[0]


def _write(zipped: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    with files.explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with zipped.open(member) as packed, os.fdopen(os.open(target, flags, 0o600), "wb") as file:
            shutil.copyfileobj(packed, file)  # reads no more than the size that was looked at

"""Where a bundle may be: in its folder, in the run that holds it, or in a zip of either."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from headstart import files
from headstart.errors import BundleError, HeadstartError
from headstart.model.info import INFO

BUNDLE = "bundle"  # the bundle's folder within a run's

# Of a zip: more than any bundle has. Weights hardly shrink, so that what unpacks to many times its size is none.
_MOST_FILES, _MOST_TIMES, _ALWAYS = 10_000, 20, 64 << 20
_BEGINS = b"PK\x03\x04"
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Unpacked:
    """The bundle of a zip, unpacked into `folder`, which is gone when this object is.

    Raises BundleError for a zip that is damaged, holds no bundle or several, or is not honest.
    """

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        with files.explained(Path(tempfile.gettempdir())):
            self.folder = Path(tempfile.mkdtemp(prefix="headstart-"))
        self.remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        with self.kept():
            _unpack(archive, self.folder)

    @contextlib.contextmanager
    def kept(self) -> Iterator[Unpacked]:
        """Within the block errors name the zip, not the place where it was unpacked, which they leave empty."""
        try:
            yield self
        except BaseException as error:
            self.remove()
            if not isinstance(error, HeadstartError):
                raise
            raise type(error)(str(error).replace(str(self.folder), str(self.archive))) from error


@contextlib.contextmanager
def opened(name: str) -> Iterator[Path]:
    """The bundle that `name` means, where there is one, else `name` as it is. A zip is unpacked for the block's time.

    Raises BundleError for a zip that is damaged, holds no bundle or several, or is not honest.
    """
    path = Path(name)
    if not is_zip(path):
        yield bundle_in(path) or path
        return
    unpacked = Unpacked(path)
    try:
        with unpacked.kept():
            yield unpacked.folder
    finally:
        unpacked.remove()


def meant(name: str) -> bool:
    """Whether `name` is something that opened() finds a bundle in, or should."""
    return bundle_in(Path(name)) is not None or is_zip(Path(name))


def bundle_in(path: Path) -> Path | None:
    """The bundle that a folder is or, as a run's, holds."""
    return next((folder for folder in (path, path / BUNDLE) if (folder / INFO).is_file()), None)


def bundles_below(path: Path) -> list[Path]:
    """The folders in `path` that are a bundle or a run that holds one, by name; [] where it cannot be read."""
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        return sorted(path / one.name for one in entries if one.is_dir() and bundle_in(path / one.name))
    return []


def is_zip(path: Path) -> bool:
    """Whether a file is a zip, be it a damaged one."""
    with contextlib.suppress(OSError):  # one that cannot be read is told of where it is read
        if path.is_file():
            with path.open("rb") as handle:
                return handle.read(len(_BEGINS)) == _BEGINS or zipfile.is_zipfile(path)
    return False


def _unpack(archive: Path, place: Path) -> None:
    """Unpacks the bundle in `archive` into `place`. Raises BundleError, OutputError."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = _members(archive, zipped)
            for target, member in members.items():
                _write(zipped, member, place / target)
    except _DAMAGE as error:
        whole = zipfile.is_zipfile(archive)
        reason = " ".join(str(error).split()) if whole else "its end is missing"
        raise BundleError(f"{archive}: damaged ({reason}); zip the bundle anew") from error


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

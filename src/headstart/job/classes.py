"""Classes that are to be left out, by name or by a file that lists them; and other text that stands in a file."""

from __future__ import annotations

import re
from pathlib import Path

from headstart.errors import DataError
from headstart.job.options import Options


def classes_left_out(options: Options) -> list[str]:
    """The classes of `without`: each is a name, or a file with one a line and remarks behind #. Raises DataError."""
    return [name for one in options.without for name in (_listed(one) if Path(one).is_file() else [one])]


def _listed(path: str) -> list[str]:
    lines = read_text("--without", path, "class names, one a line").splitlines()
    names = [re.split(r"(?:^|\s)#", line)[0].strip() for line in lines]
    if not any(names):
        raise DataError(f"--without {path}: names no class; expected one a line")
    return [name for name in names if name]


def read_text(flag: str, path: str, expected: str) -> str:
    """What stands in the file that a flag names. Raises DataError."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise DataError(f"{flag} {path}: cannot be read ({reason}); expected {expected}") from error

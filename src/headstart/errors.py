"""The exception tree. Every message is one line: the thing, what was expected, what to do.

HeadstartError                what a user can mend; the command line prints it and exits 2
├── DataError                 the pictures: folder, table, classes, splits
│   └── PictureError          one picture: unreadable, truncated, empty, not a picture
│       └── TooLargeError     one picture: more pixels than is honest
├── BackboneError             the network: unknown name, unknown cut, size it cannot take
│   ├── WeightsError          weights that do not fit (keys and shapes named), are damaged, or gone
│   └── OfflineError          weights that would have to be downloaded, and cannot be
├── OptionError               an argument of a call: unknown value, outside of its range, contradicting another
├── PlanError                 a plan whose rows or values do not hold for the network
├── BundleError               a bundle that is missing parts, damaged, or from a newer version
├── MissingError              a package that is not installed, with the command that does it
└── OutputError               a place that cannot be written: used, full, read-only
"""

from __future__ import annotations


class HeadstartError(Exception):
    """Base of every error that the user can mend."""

    exit_code = 2


class DataError(HeadstartError):
    """The pictures, their labels or their splits are not usable as given."""


class PictureError(DataError):
    """One picture cannot be read. The message is the reason; the caller names the file."""


class TooLargeError(PictureError):
    """One picture says that it has more pixels than is honest."""


class BackboneError(HeadstartError):
    """The network is unknown, or cannot do what was asked of it."""


class WeightsError(BackboneError):
    """Weights do not fit the network, or the file that holds them is damaged, or no longer where it was."""


class OfflineError(BackboneError):
    """Weights are not on this machine and could not be downloaded."""


class OptionError(HeadstartError):
    """An argument of a call has a value that it cannot have, or contradicts another."""


class PlanError(HeadstartError):
    """A plan does not hold: unknown, missing or contradictory rows or values."""


class BundleError(HeadstartError):
    """A bundle is missing parts, damaged, or written by a newer version."""


class OutputError(HeadstartError):
    """A file or folder cannot be written."""


class MissingError(HeadstartError):
    """A package is not installed that this needs."""

"""Dataset: labelled pictures and where each came from; Partition: which part each may play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from headstart.data.given import Given, name_of
from headstart.data.kept import Frames
from headstart.data.preprocess import Preprocess
from headstart.data.taxonomy import Taxonomy
from headstart.errors import DataError
from headstart.files import sha256_of

if TYPE_CHECKING:
    from headstart.data.corrections import Corrected


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures, N of them in C classes. Holds where they are and facts; of files no pixels but `frames`.

    pictures  N, each a file's path, `shard.tar!member` for one inside a tar shard, or Given, in memory
    labels   int64 [N], an index into `classes`
    classes  C names, sorted
    groups   int64 [N]: pictures with equal numbers never straddle a split or a fold
    splits   N strings: "train", "val" or "test" where the source says so, "" where it says nothing
    digests  N strings: SHA-256 of each picture's content, in hex (see headstart.data.quality.digest_of)
    root     what the user named: a folder or a table; of pictures in memory, words for them
    levels   float64 [N, 2]: of each deep grey its own range (`headstart.data.depth`), not-a-number for pictures of 8
             bits; None where nothing is known of it
    truncated  "keep" where JPEGs whose end is missing are among them, and are decoded as far as they go; else "refuse"
    frames   what was made ready for a network while the pictures were looked at; None where no network was known
    """

    pictures: tuple[str | Given, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    groups: np.ndarray
    splits: tuple[str, ...]
    digests: tuple[str, ...]
    root: str = ""
    levels: np.ndarray | None = None
    truncated: str = "refuse"
    frames: Frames | None = field(default=None, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def paths(self) -> tuple[str, ...]:
        """N strings that name the pictures: paths, and `pictures[3]` for one in memory."""
        return tuple(map(name_of, self.pictures))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over contents, labels, class names and splits; order and place of files do not matter."""
        rows = sorted(
            f"{digest} {self.classes[label]} {split}"
            for digest, label, split in zip(self.digests, self.labels, self.splits, strict=True)
        )
        return sha256_of(*self.classes, *rows)

    def counts(self) -> np.ndarray:
        """Pictures per class, int64 [C]."""
        return np.bincount(self.labels, minlength=len(self.classes))

    def take(self, index: Sequence[int] | np.ndarray) -> Dataset:
        """The pictures at `index`, in its order, with the same classes."""
        index = np.asarray(index, dtype=np.int64)
        places = index.tolist()
        return Dataset(
            pictures=tuple(self.pictures[i] for i in places),
            labels=self.labels[index],
            classes=self.classes,
            groups=self.groups[index],
            splits=tuple(self.splits[i] for i in places),
            digests=tuple(self.digests[i] for i in places),
            root=self.root,
            levels=None if self.levels is None else self.levels[index],
            truncated=self.truncated,
            frames=self.frames,
        )

    def prepared(self, digest: str, preprocess: Preprocess) -> np.ndarray | None:
        """uint8 [S, S, 3]: the picture of that content as `preprocess` makes it; None where it must be decoded."""
        return self.frames.get(digest, preprocess) if self.frames else None

    def ready(self, digest: str, picture: str | Given, preprocess: Preprocess) -> str | Given | np.ndarray:
        """The frame of the picture with that content where it was prepared(), else the picture."""
        frame = self.prepared(digest, preprocess)
        return picture if frame is None else frame

    def forget_frames(self) -> None:
        """Gives back the memory of `frames`: from here on pictures are decoded anew."""
        if self.frames:
            self.frames.clear()

    def without(self, classes: Sequence[str]) -> Dataset:
        """The pictures of all other classes. Raises DataError where a class is unknown, or none is left."""
        unknown = sorted(set(classes) - set(self.classes))
        if unknown:
            raise DataError(
                f"class {unknown[0]!r} is not among the {len(self.classes)} of {self.root}; check its name"
            )
        left = tuple(name for name in self.classes if name not in classes)
        if not left:
            raise DataError(f"{self.root}: no class would be left; leave out fewer")
        number = np.array([left.index(name) if name in left else -1 for name in self.classes], np.int64)
        kept = self.take(np.flatnonzero(number[self.labels] >= 0))
        return replace(kept, labels=number[kept.labels], classes=left)


@dataclass(frozen=True)
class Partition:
    """Which picture plays which part. All are sorted int64 index arrays into one Dataset, disjoint.

    train        what heads and networks are fitted to; cross-validation happens inside it
    selection    the source's own val split where there is a test split too; else empty, and whoever
                 needs one carves it from `train`
    report       seen once, by the final report
    report_name  "test" or "val" where the source has it, "held-out" where it was drawn from all
    """

    train: np.ndarray
    selection: np.ndarray
    report: np.ndarray
    report_name: str

    @staticmethod
    def of_all(dataset: Dataset) -> Partition:
        """All pictures train, none is set apart."""
        nothing = np.empty(0, np.int64)
        return Partition(np.arange(len(dataset)), nothing, nothing, "none")

    def pictures_of(self, dataset: Dataset) -> str:
        """Short hash of the training pictures: which ones a plan was measured on."""
        return dataset.take(self.train).fingerprint[:12]


@dataclass(frozen=True)
class BadPicture:
    """A file that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Alike:
    """Two pictures of one thing.

    kind           "copy": equal decoded pixels. "near twin": one picture, scaled, compressed or lit otherwise. "copy in
                   another class". "copy in a later split", "near twin in a later split": of train < val < test
    path, label    a picture and its class; of two splits, the earlier one's
    other, other_label  what it is like, and its class
    """

    kind: str
    path: str
    label: str
    other: str
    other_label: str


@dataclass(frozen=True)
class Intake:
    """What reading a source gave: the pictures that can be used, those that cannot, and what was noticed.

    notes     plain sentences with counts: copies and near twins, pictures in two classes, what leaked across splits,
              what was left aside
    alike     the pictures that the notes count, one by one
    left_out  class → files of it: classes that were left out because that was asked for
    corrected what corrections of labels did, where such were given
    taxonomy  a tree whose leaves are the data set's classes, where one was named
    """

    dataset: Dataset
    quarantine: tuple[BadPicture, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
    alike: tuple[Alike, ...] = field(default=())
    left_out: Mapping[str, int] = field(default_factory=dict)
    corrected: Corrected | None = None
    taxonomy: Taxonomy | None = None

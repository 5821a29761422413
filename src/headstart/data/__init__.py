"""Pictures with labels: reading, checking, dividing and preparing them."""

from headstart.data.alike import write_alike
from headstart.data.dataset import Alike, BadPicture, Dataset, Intake, Partition
from headstart.data.intake import check, load
from headstart.data.kept import Frames
from headstart.data.loader import frames, pictures
from headstart.data.preprocess import Preprocess
from headstart.data.quality import write_quarantine
from headstart.data.sides import Sizes, sizes
from headstart.data.split import carve, folds, partition, partition_keeping
from headstart.data.taxonomy import Taxonomy

__all__ = [
    "Alike",
    "BadPicture",
    "Dataset",
    "Frames",
    "Intake",
    "Partition",
    "Preprocess",
    "Sizes",
    "Taxonomy",
    "carve",
    "check",
    "folds",
    "frames",
    "load",
    "partition",
    "partition_keeping",
    "pictures",
    "sizes",
    "write_alike",
    "write_quarantine",
]

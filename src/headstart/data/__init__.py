"""Pictures with labels: reading, checking, dividing and preparing them."""

from headstart.data.dataset import BadPicture, Dataset, Intake, Partition
from headstart.data.intake import check, load
from headstart.data.loader import frames, pictures
from headstart.data.preprocess import Preprocess
from headstart.data.quality import write_quarantine
from headstart.data.split import carve, folds, partition

__all__ = [
    "BadPicture",
    "Dataset",
    "Intake",
    "Partition",
    "Preprocess",
    "carve",
    "check",
    "folds",
    "frames",
    "load",
    "partition",
    "pictures",
    "write_quarantine",
]

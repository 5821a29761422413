"""Layers: what a network's stages answer to, as numbers; see look() for how it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from headstart.seeing.receptive import Field

Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom, in pixels of a frame


@dataclass(frozen=True)
class Patch:
    """What excited a unit.

    picture   its name; label: its class, or ""
    answer    the unit's, at the place where it is strongest
    place     (row, column) of that in the stage's map
    box       what of the frame the patch shows
    """

    picture: str
    label: str
    answer: float
    place: tuple[int, int]
    box: Box

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Patch:
        return Patch(**{**values, "place": tuple(values["place"]), "box": tuple(values["box"])})


@dataclass(frozen=True)
class Unit:
    """A channel of a stage. patches: strongest first, each of another picture; none where no data was looked at."""

    number: int
    patches: tuple[Patch, ...] = ()

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Unit:
        return Unit(values["number"], tuple(map(Patch.from_dict, values["patches"])))


@dataclass(frozen=True)
class Layer:
    """A stage.

    places    (H, W) of its map; (1, 1) where it has no places
    field     what of the picture one place depends on
    units     those that tell the classes apart best, with their patches
    strongest numbers of the units whose maps of the one picture vary most
    accuracy, error    of a frozen probe, cross-validated, with its standard error; None where none was measured
    """

    name: str
    channels: int
    places: tuple[int, int]
    field: Field
    units: tuple[Unit, ...] = ()
    strongest: tuple[int, ...] = ()
    accuracy: float | None = None
    error: float | None = None

    @property
    def spatial(self) -> bool:
        return self.places != (1, 1)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Layer:
        read = {
            "places": tuple(values["places"]),
            "field": Field.from_dict(values["field"]),
            "units": tuple(map(Unit.from_dict, values["units"])),
            "strongest": tuple(values["strongest"]),
        }
        return Layer(**{**values, **read})


@dataclass(frozen=True)
class Layers:
    """From input to output.

    network   its name; size: side of a frame, in pixels
    picture   name of the one picture whose maps are shown
    pictures  how many were looked at for patches and probes; 0 where no data was given; classes: their names
    """

    network: str
    size: int
    picture: str
    layers: tuple[Layer, ...]
    pictures: int = 0
    classes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """What --json prints under "layers"; docs/json.md tells its fields."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Layers:
        layers = tuple(map(Layer.from_dict, values["layers"]))
        return Layers(**{**values, "layers": layers, "classes": tuple(values["classes"])})

"""Parity: whether an export says what its bundle says, measured on pictures when it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from headstart import progress
from headstart.data import decode
from headstart.data.given import Given, given
from headstart.data.loader import frames
from headstart.errors import BundleError
from headstart.model.formats.reader import Outputs, Reader, Unread, said
from headstart.model.model import Model

CLOSE = 1e-4  # by which scores may differ, where none is above 1; else as a share of the greatest
SAME = 0.995  # of the answers, where an export rounds weights
_BATCH = 16
_SIZES = ((500, 375), (333, 500), (64, 48), (301, 301))  # pixels


@dataclass(frozen=True)
class Difference:
    """Between an export and its bundle, on so many pictures: how many get the same answer, and the greatest difference
    of a score before the temperature, of a feature and of a probability; None where the export does not put these out.
    largest: the greatest score, by its size."""

    pictures: int
    same: int
    logits: float | None
    features: float | None
    probabilities: float
    largest: float

    @property
    def holds(self) -> bool:
        """Whether the export gives the bundle's answers, and its scores but for rounding."""
        return self.same == self.pictures and (self.logits or 0) <= CLOSE * max(1, self.largest)


@dataclass(frozen=True)
class Parity:
    """tool: what read the export, and what it was held against; given: the user's pictures, else generated ones;
    prepared: fed with the pixels that the bundle's network sees; whole: fed with whole pictures, which the export
    prepares itself, None where it does not; rounded: as a Reader has it."""

    tool: str
    given: bool
    prepared: Difference
    whole: Difference | None
    rounded: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the export says what the bundle says, as well as it can."""
        found = self.prepared
        if not self.rounded:
            return found.holds
        return found.same >= SAME * found.pictures and found.probabilities <= self.rounded

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the check's file has them."""
        return asdict(self)


def measure(model: Model, reader: Reader, pictures: Any = ()) -> Parity:
    """Holds what `reader` reads against the bundle, which runs in float32 on the CPU.

    pictures: as for Model.probabilities(); with none, generated ones. Raises PictureError, DataError, BackboneError.
    """
    meant = given(pictures if len(pictures) else generated(reader.enough))
    prepared, whole = list[tuple[Outputs, Outputs]](), list[tuple[Outputs, Outputs]]()
    with progress.bar("checking the export", len(meant)) as bar:
        for places, seen in frames(meant, model.backbone.preprocess, batch_size=_BATCH):
            own = said(model, seen)
            prepared.append((own, reader.frames(seen)))
            whole += _each(meant[places], own, reader)
            bar.advance(len(seen))
    entire = _difference(whole) if whole else None
    return Parity(reader.tool, bool(len(pictures)), _difference(prepared), entire, reader.rounded)


def confirm(parity: Parity, name: str) -> None:
    """Raises BundleError where the export does not say what its bundle says."""
    found = parity.prepared
    if not parity.holds:
        what = "scores" if found.logits is not None else "probabilities"
        apart = found.probabilities if found.logits is None else found.logits
        raise BundleError(
            f"{name}: not written, since read by {parity.tool} it does not say what the bundle says: "
            f"{found.same:,} of {found.pictures:,} answers are the same, {what} differ by up to "
            f"{apart:.2g}; export it to another format, and report this"
        )


def generated(count: int) -> list[np.ndarray]:
    """Pictures uint8 [H, W, 3] of several sizes, the same each time: coarse and fine patterns of random colours."""
    from PIL import Image

    random = np.random.default_rng(0)
    found = []
    for number in range(count):
        cells, (width, height) = 2 ** (1 + number % 6), _SIZES[number % len(_SIZES)]
        pattern = random.integers(0, 256, (cells, cells, 3)).astype(np.uint8)
        found.append(np.asarray(Image.fromarray(pattern).resize((width, height), Image.Resampling.BICUBIC)))
    return found


def _each(pictures: Sequence[str | Given], own: Outputs, reader: Reader) -> Iterator[tuple[Outputs, Outputs]]:
    """(the bundle's, the export's) outputs of each picture as a whole; of none where the export does not prepare."""
    if reader.pictures is None:
        return
    for place, picture in enumerate(pictures):
        with decode.content(picture) as content:
            pixels = decode.decode(content)
        yield _at(own, slice(place, place + 1)), reader.pictures(pixels[None])


def _at(outputs: Outputs, places: slice) -> Outputs:
    features, logits, answers = outputs.features, outputs.logits, outputs.answers
    assert features is not None
    assert logits is not None
    assert answers is not None
    return Outputs(outputs.probabilities[places], features[places], logits[places], answers[places])


def _difference(pairs: Sequence[tuple[Outputs, Outputs]]) -> Difference:
    named = [_named(own, other) for own, other in pairs]
    return Difference(
        pictures=sum(len(own) for own, _ in named),
        same=int(sum((own == other).sum() for own, other in named)),
        logits=_greatest([(own.logits, other.logits) for own, other in pairs]),
        features=_greatest([(own.features, other.features) for own, other in pairs]),
        probabilities=_greatest([(own.probabilities, other.probabilities) for own, other in pairs]) or 0.0,
        largest=max(float(np.abs(own.logits).max()) for own, _ in pairs if own.logits is not None),
    )


def _named(own: Outputs, other: Outputs) -> tuple[np.ndarray, np.ndarray]:
    """What both call the pictures; the likeliest class of each where the export decides nothing."""
    if own.answers is not None and other.answers is not None:
        return own.answers, other.answers
    return own.probabilities.argmax(axis=1), other.probabilities.argmax(axis=1)


def _greatest(pairs: Sequence[tuple[np.ndarray | None, np.ndarray | None]]) -> float | None:
    """The greatest difference; None where one side has no such output."""
    found = [float(np.abs(a - b).max()) for a, b in pairs if a is not None and b is not None]
    return (
        float(np.max(found)) if found else None
    )  # no number is greater than what is none: it must not be lost


def lines(parity: Parity | Unread) -> list[str]:
    """What was found, in sentences."""
    if isinstance(parity, Unread):
        return [parity.why]
    kind = "" if parity.given else "generated "
    found = [f"Fed with the same prepared pixels of {_told(parity.prepared, kind)}."]
    if parity.whole:
        found.append(f"Fed with whole pictures, which it prepares itself: of {_told(parity.whole, kind)}.")
    return [*found, f"Read by {parity.tool}; held against the bundle in float32 on the CPU."]


def _told(found: Difference, kind: str) -> str:
    scores = "" if found.logits is None else f"scores differ by at most {found.logits:.1e}, "
    return (
        f"{found.pictures:,} {kind}pictures, {found.same:,} get the bundle's answer; "
        f"{scores}probabilities differ by at most {found.probabilities:.1e}"
    )

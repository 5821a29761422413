"""Batches for gradient training: which pictures, in which order, cropped how.

All of it is a pure function of (seed, epoch, index): the same for any number of workers, and the same again when a
run that was killed continues.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import numpy as np
from PIL import Image

from headstart import progress
from headstart.data.decode import content, opened
from headstart.data.given import Given, name_of
from headstart.data.preprocess import Preprocess
from headstart.data.threads import pool_of, worker_count
from headstart.errors import PictureError
from headstart.training.clock import now

# Decoded pictures are kept in memory up to this many bytes; beyond it they are decoded anew in every epoch.
MEMORY = 3 << 30
_AHEAD = 3  # batches at least: as many as there are workers, since each makes a whole one
_WARM = 128  # pictures decoded between two looks at the memory left and at the clock
# Share of the augmented views that are random resized crops; the others are framed as for a question.
CROPPED = 0.5
_RECOLOURED = 0.8
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Pictures:
    """Decoded pictures, shorter side at most `resize` pixels, kept in memory while they fit.

    A crop of a part is enlarged from that: keeping all of a large picture would leave memory for few.
    """

    def __init__(
        self,
        pictures: Sequence[str | Given],
        preprocess: Preprocess,
        workers: int = 0,
        memory: int = MEMORY,
        truncated: str = "refuse",
    ) -> None:
        self.pictures = pictures
        self.preprocess, self.truncated = preprocess, truncated
        self.workers = worker_count(workers)
        self.pool = pool_of(self.workers)
        self._kept: dict[int, np.ndarray] = {}
        self._room, self._full = memory, False

    def __getitem__(self, index: int) -> np.ndarray:
        """uint8 [h, w, 3]"""
        if index in self._kept:
            return self._kept[index]
        picture = self._read(self.pictures[index])
        if picture.nbytes <= self._room:
            self._room -= picture.nbytes
            self._kept[index] = picture
        else:
            self._full = True
        return picture

    def _read(self, picture: str | Given) -> np.ndarray:
        try:
            with content(picture) as held, opened(held, truncated=self.truncated) as found:
                return self.preprocess.shrunk(found.shown(self.preprocess.levels))
        except PictureError as error:
            raise PictureError(f"{name_of(picture)}: {error}") from error

    def warm(self, index: np.ndarray, seconds: float = math.inf) -> None:
        """Decodes the pictures at `index` ahead of the first epoch, as many as are kept and `seconds` allow, with a
        bar."""
        until = now() + seconds
        lacking = [i for i in index.tolist() if i not in self._kept]
        with progress.bar("decoding", len(lacking)) as bar:
            for part in range(0, len(lacking), _WARM):
                if self._full or now() > until:
                    break
                for _ in self.pool.map(self.__getitem__, lacking[part : part + _WARM]):
                    bar.advance()

    def batches(
        self, parts: Sequence[np.ndarray], seed: int, epoch: int, augment: str, size: int = 0
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields (index [B], uint8 [B, S, S, 3]) for each part, prepared ahead by the pool.

        size: S in pixels where it is not the preparation's own.
        """
        preprocess = self.preprocess.at(size) if size else self.preprocess

        def view(index: int) -> np.ndarray:
            picture = self[index]
            if augment == "none":
                return preprocess.frame(picture)
            return augmented(picture, preprocess, np.random.default_rng([seed, epoch, index]), augment)

        def prepared(part: np.ndarray) -> np.ndarray:
            return np.stack([view(i) for i in part.tolist()])

        waiting: deque[tuple[np.ndarray, Future[np.ndarray]]] = deque()
        ahead = max(_AHEAD, self.workers)
        try:
            for part in parts:
                waiting.append((part, self.pool.submit(prepared, part)))
                if len(waiting) > ahead:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:  # who stops early wants no more of them
            for _, future in waiting:
                future.cancel()


def order(index: np.ndarray, seed: int, epoch: int, batch_size: int) -> list[np.ndarray]:
    """The epoch's batches: `index` shuffled by (seed, epoch) and split evenly.

    No batch of one is left unless batches of one were asked for: batch normalisation cannot do with it.
    """
    shuffled = np.random.default_rng([seed, epoch]).permutation(index)
    count = -(-len(index) // batch_size)
    if batch_size > 1:
        count = min(count, len(index) // 2)
    return np.array_split(shuffled, max(1, count))


def augmented(picture: np.ndarray, preprocess: Preprocess, rng: np.random.Generator, kind: str) -> np.ndarray:
    """uint8 [h, w, 3] → uint8 [S, S, 3]: half of the views are random resized crops, half only moved a little.

    "light" crops to 60 to 100 % of the area and never mirrors: a mirrored digit or sign is another thing.
    "crop" crops to 25 to 100 % and mirrors half of the pictures: for photos of things.
    "colour" does as "crop", and changes brightness, contrast and saturation: where many epochs would learn the
    pictures by heart.

    A crop is resampled, mostly enlarged, hence always softer than the pictures that will be asked about, and shows
    things larger (Touvron et al. 2019). A network that saw crops alone lost 7 of 36 points on 64 px pictures as they
    are against the same made softer (benchmarks/README.md). So every other view is framed as for a question.
    """
    least, mirror = (0.6, False) if kind == "light" else (0.25, True)
    if rng.random() < CROPPED:
        view = _crop(picture, preprocess.size, least, rng)
    else:
        view = _moved(preprocess.frame(picture), rng)
    if mirror and rng.random() < 0.5:
        view = view[:, ::-1]
    return _recoloured(view, rng) if kind == "colour" else view


def _crop(picture: np.ndarray, size: int, least: float, rng: np.random.Generator) -> np.ndarray:
    """A random resized crop (Szegedy et al. 2015) of `least` to all of the area, by either of two resamplings."""
    height, width = picture.shape[:2]
    area = height * width * rng.uniform(least, 1.0)
    ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    w = min(width, max(1, round(np.sqrt(area * ratio))))
    h = min(height, max(1, round(np.sqrt(area / ratio))))
    left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
    resampling = Image.Resampling.BILINEAR if rng.random() < 0.5 else Image.Resampling.BICUBIC
    box = (left, top, left + w, top + h)
    return np.asarray(Image.fromarray(picture).resize((size, size), resampling, box=box))


def _moved(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The view moved by whole pixels, up to an eighth of its side each way; what comes in is its mirror image."""
    size = len(view)
    reach = size // 8
    top, left = rng.integers(0, 2 * reach + 1, 2)
    wide = np.pad(view, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    return wide[top : top + size, left : left + size]


def _recoloured(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast and saturation by factors of 0.6 to 1.4 each, in four of five views."""
    if rng.random() >= _RECOLOURED:
        return view
    brightness, contrast, saturation = rng.uniform(0.6, 1.4, 3).astype(np.float32)
    grey = (view @ _LUMA)[:, :, None]
    flat = grey.mean() * brightness * (1 - contrast)
    scale = brightness * contrast
    changed = view * (scale * saturation) + (grey * (scale * (1 - saturation)) + flat)
    return np.rint(np.clip(changed, 0, 255, out=changed), out=changed).astype(np.uint8)


def mixed(
    pictures: np.ndarray, cutmix: float, mixup: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """(uint8 [B, S, S, 3], own): with probability `cutmix` cut_mixed(), with `mixup` mixed_up(), else as they are.

    `own` is the weight of a picture's own label; the rest is that of its mirror place's. Else own is 1.
    """
    which = rng.random()
    if which < cutmix:
        return cut_mixed(pictures, rng)
    if which < cutmix + mixup:
        return mixed_up(pictures, rng)
    return pictures, 1.0


def mixed_up(pictures: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Picture i blended with picture B − 1 − i, its own share drawn from Beta(0.8, 0.8) (mixup, Zhang et al. 2018)."""
    own = float(rng.beta(0.8, 0.8))
    blend = pictures * np.float32(own) + pictures[::-1] * np.float32(1 - own)
    return np.rint(blend, out=blend).astype(np.uint8), own


def cut_mixed(pictures: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Each picture with a patch of its mirror place in the batch (CutMix, Yun et al. 2019).

    Picture i takes the patch, of uniformly drawn area and centre, cut off at the edges, from picture B − 1 − i;
    `own` is the part of the area that is left of its own.
    """
    side = pictures.shape[1]
    half = np.sqrt(rng.random()) * side / 2
    y, x = rng.random(2) * side
    top, bottom, left, right = (round(min(max(v, 0), side)) for v in (y - half, y + half, x - half, x + half))
    patched = pictures.copy()
    patched[:, top:bottom, left:right] = pictures[::-1, top:bottom, left:right]
    return patched, 1 - (bottom - top) * (right - left) / side**2

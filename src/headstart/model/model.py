"""Model: a finished classifier. Trunk up to the cut, pooled, then a head in numpy: one path for every case."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import progress
from headstart.backbone import MAP, Backbone, Stage, build
from headstart.certainty import Certainty
from headstart.certainty.familiar import similarity
from headstart.data.dataset import Dataset
from headstart.data.decode import check_truncated
from headstart.data.given import given
from headstart.data.taxonomy import Taxonomy
from headstart.errors import BundleError
from headstart.extraction import Features, run
from headstart.extraction.maps import seen_by
from headstart.extras import needed_for
from headstart.heads.head import Head
from headstart.heads.neighbours import Neighbours
from headstart.model.answers import Answers
from headstart.model.decision import Decision
from headstart.model.info import BundleInfo
from headstart.planning.inputs import execution_of, joined
from headstart.planning.plan import Plan
from headstart.runtime import Execution, Resolved, Runtime, Trunk, start, start_from

if TYPE_CHECKING:
    from torch import nn

    from headstart.training.fit import Fitted
    from headstart.training.surgery import HeadedNetwork

NETWORK = "network"  # the converted network's folder inside a bundle
WEIGHTS = "model.safetensors"
_ROWS = 1024  # pictures that the head is asked about at a time
DIGITS = 16  # of a SHA-256: enough to know each of millions of pictures again


@dataclass(frozen=True, repr=False)
class Model:
    """classes (C names), backbone (preparation and cuts), plan, head; and where the trunk's weights are:

    module  a trained trunk in memory; None where the pre-trained weights serve as they are, or with `folder`
    folder  the bundle that this model was loaded from
    info    what the bundle says beside: evidence, metrics, fingerprint, versions
    certainty   by what the probabilities are tempered, sets of classes, the line to strangers; empty in older bundles
    neighbours  training pictures at the head's input; None where none were kept, as in older bundles
    decision  how a picture is called where that is not the likeliest class; taxonomy: a tree over the classes
    holds   what keeps `folder` there, where it was unpacked for this model
    """

    classes: tuple[str, ...]
    backbone: Backbone
    plan: Plan
    head: Head
    module: nn.Module | None = None
    folder: Path | None = None
    info: BundleInfo = field(default_factory=BundleInfo)
    certainty: Certainty = field(default_factory=Certainty, compare=False)
    neighbours: Neighbours | None = field(default=None, compare=False)
    decision: Decision | None = None
    taxonomy: Taxonomy | None = None
    holds: Any = field(default=None, compare=False)
    _runtimes: dict[tuple[Resolved, bool], Runtime] = field(default_factory=dict, init=False, compare=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: not a network that is ready to run, which it makes ready anew."""
        return {name: value for name, value in vars(self).items() if name not in ("_runtimes", "_turn")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "_runtimes": {}, "_turn": threading.Lock()}.items():
            object.__setattr__(self, name, value)

    @staticmethod
    def of(fitted: Fitted) -> Model:
        """The model that fit() arrived at."""
        return Model(
            fitted.classes,
            fitted.backbone,
            fitted.plan,
            fitted.head,
            fitted.module,
            certainty=fitted.certainty,
        )

    @property
    def cuts(self) -> tuple[Stage, ...]:
        """The stages whose pooled outputs enter the head, in the network's order."""
        return tuple(stage for stage in self.backbone.stages if stage.name in self.plan.cut)

    def __repr__(self) -> str:
        cut = "+".join(self.plan.cut)
        return f"Model({len(self.classes)} classes, {self.backbone.name} cut at {cut}, case {self.plan.case})"

    @staticmethod
    def short_digests(dataset: Dataset, index: np.ndarray) -> list[str]:
        """What the pictures at `index`, int64 [N], are known by again."""
        return [dataset.digests[place][:DIGITS] for place in index]

    def held_out(self, dataset: Dataset) -> np.ndarray:
        """int64 [M]: those of the data set's pictures that were held out when this bundle was made."""
        known = set(self.info.held_out)
        return np.array([i for i, digest in enumerate(dataset.digests) if digest[:DIGITS] in known], np.int64)

    def trained_on(self, dataset: Dataset) -> np.ndarray | None:
        """bool [N]: which of the pictures this bundle learnt from or was chosen by; None where it does not say."""
        known = set(self.info.trained_on)
        if not known:
            return None
        return np.array([digest[:DIGITS] in known for digest in dataset.digests], bool)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The classes of its data that this bundle was not taught because that was asked for."""
        return self.info.left_out

    def probabilities(
        self, pictures: Any, *, execution: Execution | Resolved | None = None, truncated: str = "refuse"
    ) -> np.ndarray:
        """Probabilities float32 [N, C] of N pictures, each row summing to 1; tempered, so that of 100 answers given
        with 0.9 about 90 are right (headstart.certainty).

        pictures   one picture, or a sequence that may mix their kinds: a path (str or os.PathLike; `shard.tar!member`
                   too), the bytes of a picture file, a PIL image, an array uint8 [H, W, 3] or, grey, uint8 or uint16
                   [H, W]; an array uint8 [N, H, W, 3] is N of them. The rules of headstart.data.decode hold for all
        truncated  "keep" takes JPEGs whose end is missing, and decodes them as far as they go

        Raises DataError for anything else, PictureError that names a picture which cannot be used.
        """
        return self.answers(pictures, execution=execution, truncated=truncated).probabilities

    def answers(
        self, pictures: Any, *, execution: Execution | Resolved | None = None, truncated: str = "refuse"
    ) -> Answers:
        """probabilities(), and how like the training pictures each picture is."""
        seen = self.features(pictures, execution=execution, truncated=truncated)
        found = [self.answers_to(x) for x in _together(seen)]
        return Answers.of(found) if found else self.answers_to(np.empty((0, self.width), np.float32))

    def features(
        self,
        pictures: Any,
        *,
        execution: Execution | Resolved | None = None,
        truncated: str = "refuse",
        label: str = "predicting",
    ) -> Iterator[np.ndarray]:
        """What the head sees, batch by batch: float32 [B, D], the cuts side by side. Pictures are given as to
        probabilities(), and the same is raised."""
        check_truncated(truncated)
        meant, how = given(pictures), execution_of(self.plan, execution)
        runtime = self.runtime(how)
        with progress.bar(label, len(meant)) as bar:
            for outputs in run(runtime, self.backbone, meant, how, truncated):
                yield np.concatenate(outputs, axis=1)
                bar.advance(len(outputs[0]))

    def answers_to(self, x: np.ndarray) -> Answers:
        """To what the head sees of pictures, float32 [B, D]. Raises BundleError where that is no number."""
        found = self._named(x)
        if self.neighbours is None or self.certainty.familiar is None:
            return Answers(found)
        return Answers(found, similarity(self.neighbours, x))

    def answers_to_frames(
        self, frames: np.ndarray, *, execution: Execution | Resolved | None = None
    ) -> Answers:
        """To prepared pixels, uint8 [B, S, S, 3], all in one batch."""
        (outputs,) = self.runtime(execution).stream([frames])
        return self.answers_to(np.concatenate(outputs, axis=1))

    @property
    def width(self) -> int:
        """Features that enter the head."""
        return sum(cut.width(self.plan.pool) for cut in self.cuts)

    def _named(self, features: np.ndarray) -> np.ndarray:
        """Probabilities float32 [B, C]. Raises BundleError where the network puts out what is no number.

        Sums are of double precision: in single, their last digit depends on how many pictures are asked about at once.
        """
        logits = self.head.logits(features.astype(np.float64)).astype(np.float32)
        found = self.certainty.probabilities(logits)
        if not np.isfinite(found).all():
            place = self.folder or self.backbone.name
            raise BundleError(
                f"{place}: puts out numbers that are not finite; its weights are damaged: save it anew"
            )
        return found

    def probabilities_at(self, features: Features) -> np.ndarray:
        """As probabilities(), float32 [N, C], from features of the pre-trained trunk."""
        return self.answers_at(features).probabilities

    def answers_at(self, features: Features) -> Answers:
        """As answers(), from features of the pre-trained trunk."""
        return self.answers_to(joined(features, self.backbone, self.plan))

    def maps(
        self, pictures: Any, *, execution: Execution | Resolved | None = None, truncated: str = "refuse"
    ) -> Iterator[tuple[np.ndarray, ...]]:
        """What the head's cuts say at every place, before pooling, float32 [B, C, H, W] each: see
        headstart.extraction.maps. Pictures are given as to probabilities()."""
        how = execution_of(self.plan, execution)
        runtime = self._runtime(how.network, maps=True)
        return seen_by(runtime, self.backbone, self.cuts, given(pictures), how, truncated)

    def trunk(self) -> Trunk:
        """The trunk up to the cut, for a runtime."""
        module = self.module if self.folder is None else self._stored()
        return Trunk(self.backbone, self.cuts, self.plan.pool, False, module)

    def network(self, own: nn.Module | None = None) -> HeadedNetwork:
        """The whole classifier as one torch module: [B, 3, S, S] normalised → logits [B, C]; eval mode.
        The logits are the head's own: probabilities() divides them by `certainty.temperature`.

        own: the network that a loaded bundle was made of, where that was one of the user's own (backbone_of()); its
        weights do not matter. Raises BundleError where it is needed and not given.
        """
        with needed_for("Model.network"):
            from headstart.training import surgery

        if self.folder is not None:
            module = self._stored(own)
        elif self.module is not None:
            module = self.module
        else:
            module = build(self.backbone)
        network = surgery.assemble(self.plan, self.backbone, module, len(self.classes))
        surgery.implant(self.head, network.head)
        return network.eval()

    def as_module(self, own: nn.Module | None = None) -> nn.Module:
        """network() with the temperature inside: [B, 3, S, S] normalised → scores [B, C] whose softmax is what
        probabilities() says; eval mode. Preprocess tells how a picture becomes its input.

        own: as for network(), and the same is raised.
        """
        network = self.network(own)
        with needed_for("Model.as_module"):
            from headstart.training import surgery

        *inner, (weight, bias) = self.head.layers
        cold = np.float32(self.certainty.temperature or 1)
        surgery.implant(Head((*inner, (weight / cold, bias / cold))), network.head)
        return network

    def _stored(self, own: nn.Module | None = None) -> nn.Module:
        """The trunk with the weights of the bundle; nothing is downloaded. Raises BundleError."""
        from safetensors import SafetensorError

        with needed_for(f"{self.folder}, run by torch"):
            from safetensors.torch import load_file

            from headstart.backbone.weights import pour
            from headstart.training import surgery

        assert self.folder is not None
        if self.backbone.name.startswith("timm:hf-hub:"):
            raise BundleError(
                f"{self.folder}: only the hub knows the architecture of {self.backbone.name}, and a bundle asks none; "
                "use --runtime openvino, which needs none"
            )
        path = self.folder / WEIGHTS
        module = self._architecture(own)
        surgery.assemble(self.plan, self.backbone, module, len(self.classes))
        kept = module.state_dict()
        try:
            stored = load_file(path)
        except (SafetensorError, OSError) as error:
            raise BundleError(f"{path}: damaged ({error}); copy or save it anew") from error
        unfit = [name for name in kept if name not in stored or stored[name].shape != kept[name].shape]
        if unfit:
            raise BundleError(
                f"{path}: lacks {', '.join(unfit[:4])}, or has them in another shape; save the bundle anew"
            )
        pour(stored, module)
        return module

    def _architecture(self, own: nn.Module | None) -> nn.Module:
        """The network that the bundle's weights belong into, whatever its own."""
        if not self.backbone.graph:
            return build(replace(self.backbone, weights=None), pretrained=False)
        if own is None:
            raise BundleError(
                f"{self.folder}: made of {self.backbone.name}, a network of one's own, whose class a bundle does not "
                "hold; predict with OpenVINO, which needs none, or give the network: model.network(module)"
            )
        from headstart.backbone.own import carrying

        return build(carrying(self.backbone, own))

    def runtime(self, execution: Execution | Resolved | None = None, *, maps: bool = False) -> Runtime:
        """The trunk made ready to run; made once for each way of running. maps: its cuts are put out before pooling.

        Raises BackboneError, BundleError.
        """
        return self._runtime(execution_of(self.plan, execution).network, maps=maps)

    def _runtime(self, how: Resolved, *, maps: bool = False) -> Runtime:
        with self._turn:  # a network is made ready by one thread at a time
            if (how, maps) not in self._runtimes:
                self._runtimes[how, maps] = self._start(how, maps)
            return self._runtimes[how, maps]

    def _start(self, how: Resolved, maps: bool) -> Runtime:
        if self.folder is not None and how.runtime == "openvino" and (self.folder / NETWORK).is_dir():
            widths = tuple(cut.width(self.plan.pool) for cut in self.cuts)
            spatial = tuple(cut.spatial for cut in self.cuts) if maps else None
            return start_from(self.folder / NETWORK, widths, self.backbone.preprocess, how, maps=spatial)
        trunk = self.trunk()
        return start(replace(trunk, pool=MAP) if maps else trunk, how)


def _together(batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Batches float32 [B, D] put together to _ROWS pictures or a few more. After each product numpy's threads spin for
    some 25 ms in case another comes, and take the cores of the network."""
    held = list[np.ndarray]()
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= _ROWS:
            yield np.concatenate(held)
            held.clear()
    if held:
        yield np.concatenate(held)

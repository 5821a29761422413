"""Classifier: the whole job as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_consistent_length, check_is_fitted

from headstart.backbone import DEFAULT, Backbone
from headstart.data import Dataset, Partition, load
from headstart.data.given import given
from headstart.data.listing import one_spelling
from headstart.estimators.tags import for_pictures
from headstart.evidence import Evidence, measure
from headstart.extraction.cuts import cut_names
from headstart.extraction.of_pictures import network_of
from headstart.model import remember
from headstart.planning import cases
from headstart.planning.decide import decide
from headstart.planning.plan import Plan
from headstart.planning.recipe import ARGUMENTS
from headstart.runtime import Execution
from headstart.training.fit import fit
from headstart.written import seconds

_SEEDS = 2**31 - 1


class Classifier(ClassifierMixin, BaseEstimator):
    """Measures which kind of transfer fits the pictures, does it, and names others.

    backbone, image_size  a network's name, or a Backbone; its input side in pixels
    case, cut, size, similarity, init, head_layers
                          overrule what is measured: see `headstart.decide`. Where a case is asked for, nothing is
                          measured but the cut of case 2
    class_weight          "balanced", or None
    epochs, lr, weight_decay, batch_size, optimizer, augment, warmup, …
                          values of the recipe by which cases 3 and 4 train; None is what the set's size calls for
    freeze_below, lr_scale, fallback, head_init
                          which stages learn, how fast, what stands in: see `headstart.decide`
    time_limit            seconds for that training, or a text such as "10m"
    random_state          a whole number, as the command line's seed; None is 0. A numpy RandomState draws one
    runtime, precision, device, workers, keep_features
                          how networks run: see `headstart.runtime.Execution`; precision None is what is measured
    truncated             "keep" takes JPEGs whose end is missing

    After fit(): classes_ (C labels, as they were given, sorted), model_ (a `Model`, which `headstart.save` writes),
    plan_, evidence_ (None where nothing was measured), fitted_ (see `headstart.training.fit.Fitted`).
    """

    def __init__(
        self,
        backbone: str | Backbone = DEFAULT,
        case: int | None = None,
        cut: str | Sequence[str] | None = None,
        *,
        image_size: int | None = None,
        size: str | None = None,
        similarity: str | None = None,
        init: str | None = None,
        head_layers: int = 1,
        class_weight: str | None = None,
        epochs: int | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        batch_size: int | None = None,
        optimizer: str | None = None,
        augment: str | None = None,
        warmup: float | None = None,
        label_smoothing: float | None = None,
        cutmix: float | None = None,
        mixup: float | None = None,
        ema: float | None = None,
        patience: int | None = None,
        start_size: int | None = None,
        train_precision: str | None = None,
        freeze_below: str | None = None,
        lr_scale: Mapping[str, float] | None = None,
        fallback: str | None = None,
        head_init: str = "solved",
        time_limit: float | str | None = None,
        random_state: Any = None,
        runtime: str = "auto",
        precision: str | None = None,
        device: str = "auto",
        workers: int = 0,
        keep_features: str = "fp32",
        truncated: str = "refuse",
    ) -> None:
        self.backbone = backbone
        self.case = case
        self.cut = cut
        self.image_size = image_size
        self.size = size
        self.similarity = similarity
        self.init = init
        self.head_layers = head_layers
        self.class_weight = class_weight
        self.epochs = epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.augment = augment
        self.warmup = warmup
        self.label_smoothing = label_smoothing
        self.cutmix = cutmix
        self.mixup = mixup
        self.ema = ema
        self.patience = patience
        self.start_size = start_size
        self.train_precision = train_precision
        self.freeze_below = freeze_below
        self.lr_scale = lr_scale
        self.fallback = fallback
        self.head_init = head_init
        self.time_limit = time_limit
        self.random_state = random_state
        self.runtime = runtime
        self.precision = precision
        self.device = device
        self.workers = workers
        self.keep_features = keep_features
        self.truncated = truncated

    def fit(self, pictures: Any, y: Any, groups: Any = None) -> Classifier:
        """Measures, decides and trains on all N pictures; unusable ones are left out.

        y       N labels: strings or whole numbers
        groups  N hashables, or None: pictures of one group never straddle a fold
        Raises ValueError for labels that are no classes, DataError, PlanError, BackboneError.
        """
        classes, names, numbers = _classes(y)
        meant = given(pictures)
        check_consistent_length(meant, y)
        source = (meant, [names[number] for number in numbers], groups)
        dataset = load(source, workers=self.workers, truncated=self.truncated).dataset
        everything = Partition.of_all(dataset)
        network = network_of(self.backbone, self.image_size, cut_names(self.cut))
        network = network.with_levels_of(dataset, everything.train)
        settings = self._settings()
        evidence, plan = self._decide(dataset, everything, network)
        execution = self._execution(plan.precision)
        fitted = fit(plan, network, dataset, everything, execution=execution, settings=settings)
        model = remember(fitted, dataset, everything, execution=execution)
        # All at once, so that a fit that fails leaves the estimator as it was.
        self.evidence_, self.plan_ = evidence, plan
        self.fitted_ = replace(fitted, others={})  # a whole network that was not kept
        self.model_ = model
        self.classes_ = classes
        self._places = [self.model_.classes.index(name) for name in names]
        return self

    def predict_proba(self, pictures: Any) -> np.ndarray:
        """float32 [N, C], columns as classes_, each row summing to 1. Raises DataError, PictureError."""
        check_is_fitted(self)
        execution = self._execution(self.plan_.precision)
        found = self.model_.probabilities(given(pictures), execution=execution, truncated=self.truncated)
        return found[:, self._places]

    def predict(self, pictures: Any) -> np.ndarray:
        """The likeliest of classes_ for each of N pictures, [N]. Raises DataError, PictureError."""
        likeliest = self.predict_proba(pictures).argmax(1)
        return self.classes_[likeliest]

    def _decide(
        self, dataset: Dataset, everything: Partition, network: Backbone
    ) -> tuple[Evidence | None, Plan]:
        seed = _seed(self.random_state)
        recipe = {
            own: getattr(self, name) for name, own in ARGUMENTS.items() if getattr(self, name) is not None
        }
        asked = {
            "cut": self.cut,
            "init": self.init,
            "freeze_below": self.freeze_below,
            "lr_scale": self.lr_scale,
            "fallback": self.fallback,
            "head_init": self.head_init,
            "head_layers": self.head_layers,
            "class_weight": self.class_weight or "none",
            "seed": seed,
            "runtime": self.runtime,
        }
        if self.case is not None and (self.case != 2 or self.cut is not None):
            return None, self._as_asked(dataset, network, recipe, asked)
        evidence = measure(
            dataset,
            everything,
            network,
            seed=seed,
            size=self.size,
            similarity=self.similarity,
            execution=self._execution("auto"),
        )
        plan = decide(
            evidence, network, case=self.case, precision=self.precision, recipe_overrides=recipe, **asked
        )
        return evidence, plan

    def _as_asked(
        self, dataset: Dataset, network: Backbone, recipe: dict[str, Any], asked: dict[str, Any]
    ) -> Plan:
        """The plan of the case that is asked for."""
        assert self.case is not None
        plan = cases.make(
            self.case,
            network,
            n=len(dataset),
            recipe=recipe,
            precision=self.precision or "fp32",
            **asked,
        )
        return replace(plan, reasons=(f"Case {self.case}, as asked for.",))

    def _execution(self, otherwise: str) -> Execution:
        """How networks run; otherwise: the precision where none is asked for."""
        return Execution(
            runtime=self.runtime,
            precision=self.precision or otherwise,
            copies=self.precision or "auto",
            device=self.device,
            workers=self.workers,
            keep=self.keep_features,
        )

    def _settings(self) -> Any:
        from headstart.training.task import Settings

        return Settings(device=self.device, workers=self.workers, time_limit=seconds(self.time_limit))

    def __sklearn_tags__(self) -> Tags:
        return for_pictures(super().__sklearn_tags__())


def _classes(y: Any) -> tuple[np.ndarray, list[str], np.ndarray]:
    """(C labels sorted, what each is called, int64 [N]). Raises ValueError."""
    if y is None:
        raise ValueError(
            "Classifier requires y to be passed, but the target y is None."
        )  # scikit-learn's words
    labels = column_or_1d(np.asarray(y), warn=True)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    classes, numbers = np.unique(labels, return_inverse=True)
    names = [one_spelling(str(label)) for label in classes.tolist()]
    if len(classes) < 2:
        raise ValueError(f"y: labels of {len(classes)} class; expected at least 2; add pictures of another")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"y: two labels are written {twice!r}; expected names that differ")
    return classes, names, numbers


def _seed(random_state: Any) -> int:
    if random_state is None:
        return 0
    if isinstance(random_state, int | np.integer):
        return int(random_state) % 2**31
    return int(check_random_state(random_state).randint(_SEEDS))

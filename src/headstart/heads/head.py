"""The new head: one or two linear layers on pooled features, and how its weights are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from headstart import progress
from headstart.heads import perceptron, trial
from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import Problem, log_softmax
from headstart.heads.probe import FEW_PER_CLASS, typical_count
from headstart.heads.spectrum import Scaling
from headstart.heads.trial import LEARNS

HEAD_INITS = ("solved", "random")
CLASS_WEIGHTS = ("none", "balanced")
# Penalties on features of mean squared length 1, strong to weak; the path ends when two in a row get worse, or one does
# by more than CLEARLY paired standard errors.
GRID = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.001)
FEW_L2 = 0.3  # without cross-validation
CLEARLY = 3.0
# Certified gap to the optimum as a share of the objective: in folds, at the end, and at the end above CV_LIMIT, where
# the last digits cost minutes. On 8,000 pictures of 202 classes that was 1.2 % above the optimum (certified: 3.9 %),
# and named 0.484 of new ones right in place of 0.483.
ROUGH, FINAL, FINAL_OF_MANY = 5e-2, 5e-5, 5e-2
MOST_EPOCHS, FEW_EPOCHS = 30, 15  # of minibatch training; the latter without cross-validation
FLOOR = np.log(1e-4)  # one hopeless picture (its class missing from a fold) shall not decide
LEAST = np.float32(-6e4)  # log-probability that float16 holds


@dataclass(frozen=True)
class Head:
    """layers: (weight float32 [out, in], bias float32 [out]) once or twice, a ReLU between.

    Standardisation is folded into the first layer: it takes plain pooled features.
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def n_classes(self) -> int:
        return len(self.layers[-1][1])

    def logits(self, x: np.ndarray) -> np.ndarray:
        """[N, C] for x [N, D], float32 or float64 as x is."""
        for i, (weight, bias) in enumerate(self.layers):
            x = (np.maximum(x, 0) if i else x) @ weight.T + bias
        return x

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """float32 [N, C], rows sum to 1."""
        return np.exp(log_softmax(self.logits(x)))


@dataclass(frozen=True)
class Solved:
    """A head, and what cross-validation said of it.

    l2          penalty on standardised features of mean squared length 1 (0 for minibatch training)
    cv_correct  bool [M]: right or wrong, picture by picture, where it was held out; M is N, or about CV_LIMIT where N
                is more, of whom as many others learnt; None where there were too few pictures to cross-validate
    cv_groups   int64 [M], theirs
    held_out    their log-probabilities, and which of the N they are; None with cv_correct
    """

    head: Head
    l2: float
    cv_correct: np.ndarray | None
    cv_groups: np.ndarray | None
    held_out: HeldOut | None = None

    @property
    def cv_accuracy(self) -> float | None:
        """Held-out accuracy of a head that learnt from other pictures."""
        return None if self.cv_correct is None else float(self.cv_correct.mean())


def solve(
    x: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    *,
    widths: Sequence[int] = (),
    layers: int = 1,
    init: str = "solved",
    groups: np.ndarray,
    class_weight: str = "none",
    seed: int = 0,
) -> Solved:
    """The head for pooled features x float32 [N, D], labels int64 [N], groups int64 [N].

    widths: the columns of each cut, where several lie side by side, weighed as Scaling.of does.
    One solved layer is multinomial logistic regression at its optimum; its penalty has the smallest
    cross-validated log-loss among those within one standard error of the best held-out accuracy. Two solved
    layers are trained by Adam, for a number of epochs chosen in the same way. init "random" is the lesson's
    literal way: random weights, then plain minibatch gradient descent, the epochs chosen alike. Where the
    typical class has fewer than FEW_PER_CLASS groups nothing is chosen: FEW_L2 or FEW_EPOCHS. The same
    arguments give the same head.
    """
    _check(layers, init, class_weight)
    weights = picture_weights(labels, n_classes, class_weight)

    def way(rows: np.ndarray) -> _Way:
        part = x if len(rows) == len(x) else x[rows]  # all of them are not copied: they may fill the memory
        if (layers, init) == (1, "solved"):
            return _Logistic(part, labels[rows], n_classes, weights[rows], widths)
        return _Minibatch(
            part, labels[rows], n_classes, weights[rows], widths, layers, init == "solved", seed
        )

    values = _Logistic.values if (layers, init) == (1, "solved") else _Minibatch.values
    with progress.bar("solving the head", values + 1) as bar:  # each value, then the head at the chosen one
        return _solve_by(way, labels, groups, weights, seed, bar)


def _solve_by(
    way: Callable[[np.ndarray], _Way],
    labels: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    seed: int,
    bar: progress.Bar,
) -> Solved:
    """solve() by one way; `bar` counts the values that are tried."""
    everything = np.arange(len(labels))
    if typical_count(labels, groups) < FEW_PER_CLASS or len(np.unique(groups)) < 2:
        chosen = way(everything)
        solved = Solved(chosen.head(chosen.few), chosen.penalty(chosen.few), None, None)
        bar.advance(chosen.values + 1)
        return solved
    part, fold = trial.draw(labels, groups, seed)
    chosen = way(part)
    value, correct, log_p = _choose(chosen, fold, labels[part], weights[part], bar)
    found = (
        chosen.head(value) if len(part) == len(labels) else way(everything).head(value, chosen.near(value))
    )
    bar.advance()
    judged = part[fold != LEARNS]
    held_out = HeldOut(judged, log_softmax(log_p * np.float32(chosen.growth(value, found))))
    return Solved(found, chosen.penalty(value), correct, groups[judged], held_out)


def picture_weights(labels: np.ndarray, n_classes: int, class_weight: str) -> np.ndarray:
    """float64 [N], mean 1: each picture's weight in the loss; "balanced" gives each class the same."""
    if class_weight == "none":
        return np.ones(len(labels))
    counts = np.bincount(labels, minlength=n_classes)
    return len(labels) / (np.count_nonzero(counts) * counts[labels])


def _check(layers: int, init: str, class_weight: str) -> None:
    for name, value, allowed in (
        ("layers", layers, (1, 2)),
        ("init", init, HEAD_INITS),
        ("class_weight", class_weight, CLASS_WEIGHTS),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}. Got {value!r} instead.")


class _Way(Protocol):
    """One way to find the weights, with one value (penalty or number of epochs) to be chosen."""

    @property
    def values(self) -> int:
        """How many there are to choose from."""
        ...

    @property
    def few(self) -> float: ...

    @property
    def patience(self) -> int: ...

    @property
    def one_valley(self) -> bool:
        """Whether losses along the values fall and then rise, so that the first clear rise is the end."""
        ...

    def held_out(self, fold: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
        """(value, held-out log-probabilities [M, C]) along the values, of the M pictures that are held out."""
        ...

    def near(self, value: float) -> Head | None:
        """What a solve with that value on more pictures may start from, once it was tried here."""
        ...

    def head(self, value: float, near: Head | None = None) -> Head: ...

    def penalty(self, value: float) -> float: ...
    def growth(self, value: float, head: Head) -> float:
        """By what factor the head's scores lie further apart than those of the heads of the folds."""
        ...


def _choose(
    way: _Way, fold: np.ndarray, labels: np.ndarray, weights: np.ndarray, bar: progress.Bar
) -> tuple[float, np.ndarray, np.ndarray]:
    """(the chosen value; of the M held out right or wrong, bool [M]; log-probabilities float32 [M, C]).

    Log-loss is the steadier judge, but with many classes and few pictures it prefers penalties that cost accuracy; so
    the smallest is chosen only among values within one standard error of the highest accuracy.
    """
    labels, weights = labels[fold != LEARNS], weights[fold != LEARNS]
    values, losses, right, said = [], [], [], []
    least = np.full(len(labels), np.inf)
    for value, log_p in way.held_out(fold):
        bar.advance()
        own = -weights * np.maximum(log_p[np.arange(len(labels)), labels], FLOOR)
        values.append(value)
        losses.append(float(own.sum()))
        right.append(log_p.argmax(axis=1) == labels)
        said.append(np.maximum(log_p, LEAST).astype(np.float16))  # with 1,000 classes 20 MB a value
        worse = own - least
        if losses[-1] == min(losses):
            least = own
        elif way.one_valley and worse.sum() > CLEARLY * np.sqrt(len(worse)) * worse.std():
            break
        if len(values) - 1 - int(np.argmin(losses)) >= way.patience:
            break
    bar.advance(way.values - len(values))  # those that need not be tried
    accuracy = np.array([float(weights @ correct) for correct in right]) / weights.sum()
    best = accuracy.max()
    near = accuracy >= best - np.sqrt(best * (1 - best) / len(labels))
    chosen = int(np.argmin(np.where(near, losses, np.inf)))
    return values[chosen], right[chosen], said[chosen].astype(np.float32)


class _Logistic:
    """The convex problem, along the path of penalties from strong to weak, each started from the last."""

    values = len(GRID)
    few = FEW_L2
    patience = 2
    one_valley = True

    def __init__(
        self, x: np.ndarray, labels: np.ndarray, n_classes: int, weights: np.ndarray, widths: Sequence[int]
    ) -> None:
        self.problem, self.weights = Problem.of(x, labels, n_classes, widths), weights
        # Penalty → the mean of the folds' solutions, near the whole one.
        self._near: dict[float, np.ndarray] = {}
        self._lengths: dict[float, float] = {}  # mean length of the folds' weights

    def held_out(self, fold: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
        numbers, place = np.unique(fold[fold != LEARNS], return_inverse=True)
        weights = self.weights[:, None] * (fold[:, None] != numbers)
        learns = weights.any(axis=1)
        problem = self.problem.rough()
        learner, judged = problem.of_rows(learns), problem.of_rows(fold != LEARNS)
        theta = problem.start(len(numbers), np.float32)
        for l2 in GRID:
            theta, _ = learner.solve(l2, start=theta, weights=weights[learns], tolerance=ROUGH)
            self._lengths[l2] = float(np.linalg.norm(theta[:-1], axis=(0, 2)).mean())
            self._near[l2] = theta.mean(axis=1, keepdims=True, dtype=np.float64)
            yield l2, log_softmax(judged.logits(theta)[np.arange(len(place)), place])

    def near(self, value: float) -> Head | None:
        return Head((self.problem.plain(self._near[value]),)) if value in self._near else None

    def head(self, value: float, near: Head | None = None) -> Head:
        if near is not None:
            self._near[value] = self.problem.rotated(*near.layers[0])
        theta, certified = self._near.get(value, self.problem.start()), True
        path = [] if value in self._near else [l2 for l2 in GRID if l2 > value]
        many = len(self.weights) > trial.CV_LIMIT
        problem, final = (self.problem.rough(), FINAL_OF_MANY) if many else (self.problem, FINAL)
        theta, weights = theta.astype(problem.design.dtype, copy=False), self.weights[:, None]
        for l2 in [*path, value]:
            tolerance = final if l2 == value else ROUGH
            theta, certified = problem.solve(l2, start=theta, weights=weights, tolerance=tolerance)
        if not certified:
            progress.say(f"head: its optimum is not certified to {final:g} of the objective; it may be off")
        return Head((self.problem.plain(theta),))

    def penalty(self, value: float) -> float:
        return value

    def growth(self, value: float, head: Head) -> float:
        # At one penalty the weights of more pictures are longer: cifar10's were by 9 % for 5 in place of 4 folds.
        whole = np.linalg.norm(self.problem.rotated(*head.layers[0])[:-1])
        return float(whole) / self._lengths[value] if self._lengths[value] else 1.0


@dataclass(frozen=True)
class _Minibatch:
    """Gradient descent on minibatches; the number of epochs is what is chosen."""

    x: np.ndarray
    labels: np.ndarray
    n_classes: int
    weights: np.ndarray
    widths: Sequence[int]
    layers: int
    adam: bool
    seed: int
    values: int = MOST_EPOCHS
    few: float = FEW_EPOCHS
    patience: int = MOST_EPOCHS
    one_valley: bool = False

    def _epochs(self, z: np.ndarray, rows: np.ndarray, count: int) -> Iterator[perceptron.Parameters]:
        return perceptron.epochs(
            z[rows],
            self.labels[rows],
            self.weights[rows],
            self.n_classes,
            layers=self.layers,
            adam=self.adam,
            count=count,
            seed=self.seed,
        )

    def _standardised(self) -> tuple[Scaling, np.ndarray]:
        """(scaling to unit spread, in the mean where several cuts share it; float32 [N, D])"""
        scaling = Scaling.of(self.x, self.widths)
        scaling = Scaling(scaling.mean, scaling.scale / np.sqrt(self.x.shape[1]))
        return scaling, scaling.apply(self.x, np.float32)

    def held_out(self, fold: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
        _, z = self._standardised()
        numbers = np.unique(fold[fold != LEARNS])
        runs = [self._epochs(z, np.flatnonzero(fold != number), MOST_EPOCHS) for number in numbers]
        log_p = np.empty((len(z), self.n_classes), np.float32)
        for epoch, fits in enumerate(zip(*runs, strict=True), start=1):
            for number, parameters in zip(numbers, fits, strict=True):
                held = fold == number
                log_p[held] = log_softmax(perceptron.forward(parameters, z[held])[0])
            yield epoch, log_p[fold != LEARNS]

    def near(self, value: float) -> Head | None:
        return None

    def growth(self, value: float, head: Head) -> float:
        return 1.0

    def head(self, value: float, near: Head | None = None) -> Head:
        scaling, z = self._standardised()
        *_, parameters = self._epochs(z, np.arange(len(z)), round(value))
        weight = parameters[0].astype(np.float64) / scaling.scale[:, None]
        bias = parameters[1] - scaling.mean @ weight
        first = (weight.T.astype(np.float32), bias.astype(np.float32))
        return Head((first,) if self.layers == 1 else (first, (parameters[2].T.copy(), parameters[3])))

    def penalty(self, value: float) -> float:
        return 0.0

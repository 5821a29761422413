"""Plan: every strategy of transfer as a point in one table, one row per stage.

Case 1 keeps every stage, frozen; case 2 cuts the upper ones away, the rest is frozen; case 3 has all rows pre-trained
and trained, case 4 all rows random and trained; Yosinski's AnB, AnB+ and BnB (2014) are
further points of the same table. A plan holds no code and no class paths: a stranger's plan is safe to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from headstart import runtime
from headstart.errors import PlanError
from headstart.files import sha256_of
from headstart.heads.head import CLASS_WEIGHTS, HEAD_INITS
from headstart.planning.recipe import Recipe, check_recipe

INITS = ("pretrained", "random")
POOLS = ("avg", "avgstd")
FALLBACKS = ("none", "probe", "scratch", "both")


@dataclass(frozen=True)
class Row:
    """One stage of the table; meanings.ROW says what its fields mean."""

    stage: str
    init: str
    lr_scale: float

    @property
    def frozen(self) -> bool:
        return self.lr_scale == 0


@dataclass(frozen=True)
class Plan:
    """What will be done, exactly.

    meanings.PLAN says what each field means; docs/plan.md shows that as a table. `gain_of` is what `training` has;
    `learning_exponent` is the a of the law error = b · n^-a of a ridge probe at the best single cut.
    """

    case: int
    backbone: str
    weights_sha256: str
    rows: tuple[Row, ...]
    cut: tuple[str, ...]
    pool: str
    image_size: int
    head_layers: int = 1
    head_init: str = "solved"
    fallback: str = "none"
    fallback_cut: tuple[str, ...] = ()
    gain: tuple[float, ...] = ()
    gain_of: str = ""
    learning_exponent: float = 0.0
    class_weight: str = "none"
    recipe: Recipe = field(default_factory=Recipe)
    seed: int = 0
    runtime: str = "auto"
    precision: str = "fp32"
    preparation: str = ""
    pictures: str = ""
    lesson: int = 0
    summary: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def frozen(self) -> bool:
        """True where no stage is trained: features once, then a head."""
        return all(row.frozen for row in self.rows)

    @property
    def probe_cut(self) -> tuple[str, ...]:
        """Where the frozen probe sits that training must beat."""
        return self.fallback_cut or self.cut

    @property
    def from_scratch(self) -> bool:
        """True where nothing of the pre-trained weights is used."""
        return all(row.init == "random" for row in self.rows)

    @property
    def head_start(self) -> str:
        """What the head really starts from: "random" above random rows, whose features nothing is solved on."""
        return "random" if any(row.init == "random" for row in self.rows) else self.head_init

    def standing_alone(self) -> Plan:
        """The same, held against no probe: nothing stands in for it, and nothing is expected of it."""
        return replace(self, fallback="none", fallback_cut=(), gain=(), gain_of="", learning_exponent=0.0)

    @property
    def training(self) -> str:
        """Short hash of what is trained, and of where the probe sits that it is held against."""
        network = (self.backbone, self.weights_sha256, self.image_size, self.preparation)
        table = (self.rows, self.cut, self.pool, self.head_layers, self.head_init, self.probe_cut)
        return sha256_of(repr((network, table, self.recipe, self.class_weight)))[:16]

    def case_of(self, top: str) -> int:
        """The case whose way the table is, whatever `case` says; 0 for none of the four. top: the network's top cut.

        Which depths the head reads from does not matter: what is kept does.
        """
        if self.frozen:
            return 1 if top in self.cut else 2
        if any(row.frozen for row in self.rows):
            return 0
        if self.from_scratch:
            return 4
        return 0 if any(row.init == "random" for row in self.rows) else 3

    def row(self, stage: str) -> Row:
        """The row of a stage that is listed."""
        return next(row for row in self.rows if row.stage == stage)

    def with_recipe(self, **changes: float | int | str) -> Plan:
        """The same plan with single values of its recipe changed; they are checked where the plan is."""
        return replace(self, recipe=replace(self.recipe, **changes))  # pyright: ignore[reportArgumentType]

    def validate(self, stages: Sequence[str], *, control: bool = False) -> None:
        """Holds the table against the network's stage names, input to output.

        Raises PlanError naming the row: unknown, missing, out of order, dropped but listed, or random and
        frozen (which only a study's `control` may ask for), and values outside their range.
        """
        self.check_values()
        unknown = f"is not a stage of {self.backbone}; expected one of {', '.join(stages)}"
        for key, cuts in (("cut", self.cut), ("fallback_cut", self.fallback_cut)):
            for cut in cuts:
                if cut not in stages:
                    raise PlanError(f"plan: {key} {cut!r} {unknown}")
        kept = list(stages[: max(stages.index(cut) for cut in self.cut) + 1])
        names = [row.stage for row in self.rows]
        for name in names:
            if name not in stages:
                raise PlanError(f"plan: row {name!r} {unknown}")
            if name not in kept:
                raise PlanError(
                    f"plan: row {name!r} lies above the cut {kept[-1]!r}; remove it or raise the cut"
                )
            if names.count(name) > 1:
                raise PlanError(f"plan: row {name!r} stands more than once; keep one")
        for name in kept:
            if name not in names:
                raise PlanError(f"plan: row {name!r} is missing; every stage up to the cut needs one")
        if names != kept:
            raise PlanError(f"plan: rows are out of order; expected {', '.join(kept)}")
        for row in self.rows:
            _check_row(row, control=control)

    def check_values(self) -> None:
        """Raises PlanError naming a value outside its range: what can be told without the network."""
        choices = {
            "case": (self.case, (0, 1, 2, 3, 4)),
            "lesson": (self.lesson, (0, 1, 2, 3, 4)),
            "pool": (self.pool, POOLS),
            "head_layers": (self.head_layers, (1, 2)),
            "head_init": (self.head_init, HEAD_INITS),
            "fallback": (self.fallback, FALLBACKS),
            "class_weight": (self.class_weight, CLASS_WEIGHTS),
            "runtime": (self.runtime, runtime.RUNTIMES),
            "precision": (self.precision, runtime.PRECISIONS),
        }
        for name, (value, allowed) in choices.items():
            if value not in allowed:
                raise PlanError(f"plan: {name} is {value!r}; expected one of {', '.join(map(str, allowed))}")
        if self.gain and not (len(self.gain) == 2 and -1 <= self.gain[0] <= 1 and 0 < self.gain[1] <= 1):
            raise PlanError(
                f"plan: gain is {list(self.gain)}; expected [gain from -1 to 1, spread above 0 up to 1], or []"
            )
        if not 0 <= self.learning_exponent < float("inf"):
            raise PlanError(f"plan: learning_exponent is {self.learning_exponent}; expected 0 or more")
        if not self.cut:
            raise PlanError("plan: cut is empty; name at least one stage")
        if self.image_size < 1:
            raise PlanError(f"plan: image_size is {self.image_size}; expected 1 or more")
        if not 0 <= self.seed < 2**31:
            raise PlanError(f"plan: seed is {self.seed}; expected 0 to {2**31 - 1}")
        check_recipe(self.recipe, self.image_size)


def _check_row(row: Row, *, control: bool) -> None:
    if row.init not in INITS:
        raise PlanError(f"plan: row {row.stage!r}: init is {row.init!r}; expected pretrained or random")
    if not 0 <= row.lr_scale < float("inf"):
        raise PlanError(f"plan: row {row.stage!r}: lr_scale is {row.lr_scale}; expected a number >= 0")
    if row.frozen and row.init == "random" and not control:
        raise PlanError(
            f"plan: row {row.stage!r} is random and frozen; give it an lr_scale above 0 or init = pretrained"
        )

"""A plan as a table for people: one line per stage, those that are dropped and the new head included."""

from __future__ import annotations

from dataclasses import dataclass

from headstart.backbone.backbone import HEAD, Backbone
from headstart.heads.perceptron import hidden_width
from headstart.planning.plan import Plan
from headstart.strangers import plain

_FALLBACKS = {
    "none": "",
    "probe": "   falls back to the frozen probe",
    "scratch": "   falls back to training from scratch, then to the frozen probe",
    "both": "   also trains from scratch; falls back to the frozen probe",
}


@dataclass(frozen=True)
class TableRow:
    """One line. `status` is "frozen", "trained", "dropped" or "new"; what a dropped stage lacks is None.

    The head's `parameters` are None where the number of classes is not known.
    """

    stage: str
    init: str | None
    lr_scale: float | None
    parameters: int | None
    status: str


def rows(plan: Plan, backbone: Backbone, *, n_classes: int | None = None) -> list[TableRow]:
    """Every stage of the network from input to output, then the new head."""
    kept = {row.stage: row for row in plan.rows}
    lines = []
    for stage in backbone.stages:
        row = kept.get(stage.name)
        if row is None:
            lines.append(TableRow(stage.name, None, None, stage.parameters, "dropped"))
        else:
            status = "frozen" if row.frozen else "trained"
            lines.append(TableRow(stage.name, row.init, row.lr_scale, stage.parameters, status))
    lines.append(TableRow(HEAD, plan.head_start, 1.0, head_parameters(plan, backbone, n_classes), "new"))
    return lines


def head_parameters(plan: Plan, backbone: Backbone, n_classes: int | None) -> int | None:
    """Weights and biases of the new head on D pooled features, C classes."""
    if n_classes is None:
        return None
    width = sum(backbone.stage(name).width(plan.pool) for name in plan.cut)
    if plan.head_layers == 1:
        return (width + 1) * n_classes
    hidden = hidden_width(n_classes)
    return (width + 1) * hidden + (hidden + 1) * n_classes


def describe(plan: Plan, backbone: Backbone, *, n_classes: int | None = None, why: bool = True) -> str:
    """Plain text: the plan's summary, what it is, its table; and its reasons where `why`."""
    layers = "1 linear layer" if plan.head_layers == 1 else "2 linear layers with a ReLU between"
    case = "" if plan.summary else f"case {plan.case or '0 (none of the four)'}   "
    lines = [
        *map(plain, plan.summary),
        *([""] if plan.summary else []),
        f"{case}{plain(plan.backbone)}, {plan.image_size} px   "
        f"cut {plain(' + '.join(plan.cut))}   pool {plan.pool}   head {layers}, {plan.head_start}"
        + _FALLBACKS[plan.fallback],
        *_bar(plan),
        "",
        *_grid(rows(plan, backbone, n_classes=n_classes)),
    ]
    if not plan.frozen:
        recipe = plan.recipe
        lines += [
            "",
            f"{recipe.epochs} epochs, rate {recipe.lr:g}, batches of {recipe.batch_size}, "
            f"weight decay {recipe.weight_decay:g}, augmentation {recipe.augment}",
        ]
    reasons = plan.reasons if why else ()
    if reasons:
        lines += ["", *(f"- {plain(reason)}" for reason in reasons)]
    if any("±" in said for said in (*plan.summary, *reasons)):
        lines += [*([] if reasons else [""]), "± is one standard error."]
    return "\n".join(lines) + "\n"


def _bar(plan: Plan) -> list[str]:
    """What training has to beat, and what it is expected to add to that."""
    if plan.frozen or plan.fallback == "none":
        return []
    expected = ""
    if plan.gain:
        expected = (
            f"; it is expected to add {100 * plan.gain[0]:+.1f} ± {100 * plan.gain[1]:.1f} points to that"
        )
    return [f"training must beat the frozen probe at {plain(' + '.join(plan.probe_cut))}{expected}"]


def _grid(table: list[TableRow]) -> list[str]:
    cells = [("stage", "init", "lr_scale", "parameters", "status")]
    for row in table:
        scale = "-" if row.lr_scale is None else f"{row.lr_scale:g}"
        count = "-" if row.parameters is None else f"{row.parameters:,}"
        cells.append(
            (
                row.stage,
                row.init or "-",
                scale,
                count,
                "sliced off" if row.status == "dropped" else row.status,
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    a, b, c, d, _ = widths
    return [f"{w:<{a}}  {x:<{b}}  {y:>{c}}  {z:>{d}}  {status}" for w, x, y, z, status in cells]

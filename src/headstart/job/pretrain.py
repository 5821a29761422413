"""pretrain(): a source network of one's own, trained from random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import extras, progress
from headstart.errors import OptionError
from headstart.job.classes import classes_left_out
from headstart.job.facts import Facts
from headstart.job.fitting import settings_of
from headstart.job.folder import Folder, command_of, title_of
from headstart.job.loggers import telling
from headstart.job.prepare import load_pictures, say_levels
from headstart.job.train import Hooks

if TYPE_CHECKING:
    from headstart.data import Intake
    from headstart.job.options import Options
    from headstart.source.pretrain import Pretrained
    from headstart.training.epoch import Epoch


@dataclass(frozen=True)
class PretrainedRun:
    """network: the architecture; split: what its accuracy was measured on; result; intake; folder: of the backbone."""

    network: str
    split: str
    result: Pretrained
    intake: Intake
    folder: Path

    @property
    def backbone(self) -> str:
        """What --backbone takes. Without a separator in it a folder's name may be that of a shipped network."""
        return str(self.folder) if self.folder.name != str(self.folder) else f"./{self.folder}"

    @property
    def score(self) -> dict[str, Any]:
        result = self.result
        return {
            "split": self.split,
            "accuracy": result.accuracy,
            "n": result.n,
            "groups": result.groups,
            "interval": list(result.interval),
        }

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        return {"network": self.network, "splits": {self.split: self.score}, "backbone": self.backbone}


def pretrain(
    options: Options,
    *,
    network: str = "small",
    name: str | None = None,
    notes: str = "",
    hooks: Hooks = Hooks(),  # noqa: B008 - frozen
) -> PretrainedRun:
    """Trains `network` from random weights on the pictures and writes a backbone into options.output.

    name: what the data set is called in the card; notes: Markdown that the card ends with. Raises what
    headstart.source.pretrain.pretrain does, and OptionError without an output folder.
    """
    from headstart import data
    from headstart.data.depth import levels_of

    extras.need("pretrain")
    from headstart.runtime import device_of
    from headstart.source.pretrain import PHASE, RECIPE, check
    from headstart.source.pretrain import pretrain as train

    if options.output is None:
        raise OptionError("output: names the folder of the new backbone; give one")
    path, seed, side = options.path, options.seed or 0, options.image_size or 64
    recipe = replace(RECIPE, **{"precision": "auto", **options.recipe})  # pyright: ignore[reportArgumentType]
    device_of(options.device)
    data.check(options.data, options.group_regex)
    check(network, side, recipe, seed, dict(options.model_kwargs))
    classes_left_out(options)
    folder = Folder.of(options, "pretrain")
    assert folder is not None
    intake = load_pictures(options)
    partition = data.partition(intake.dataset, seed=seed)
    intake = say_levels(intake, levels_of(intake.dataset, partition.train))
    command = command_of(options, folder)
    folder.claim(Facts.now(command, seed).to_dict())
    hooks.on_begin(folder.path)
    folder.write_intake(intake)
    loggers = [folder.logger(), *hooks.loggers]
    with telling(options.log, _saying(hooks.on_epoch), loggers) as on_epoch:
        result = train(
            intake.dataset,
            partition,
            folder.path,
            name=name or title_of(path),
            network=network,
            model_kwargs=dict(options.model_kwargs),
            image_size=side,
            recipe=recipe,
            seed=seed,
            settings=settings_of(options, folder, on_epoch),
            command=command,
            notes=notes,
        )
    epochs = len(result.history)
    folder.write_metrics(replace(e, phase=PHASE, epochs=epochs).to_dict() for e in result.history)
    return PretrainedRun(network, partition.report_name, result, intake, folder.path)


def _saying(on_epoch: Callable[[Epoch], None]) -> Callable[[Epoch], None]:
    """Says what an epoch came to before it is handed on."""

    def told(epoch: Epoch) -> None:
        _say(epoch)
        on_epoch(epoch)

    return told


def _say(epoch: Epoch) -> None:
    scored = "" if epoch.selection_accuracy is None else f"val {epoch.selection_accuracy:.3f}, "
    progress.say(
        f"epoch {epoch.epoch} of {epoch.epochs}: training loss {epoch.train_loss:.3f}, {scored}{epoch.size} px, "
        f"{epoch.seconds:.0f} s"
    )

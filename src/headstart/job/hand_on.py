"""The verbs that hand a model on, as functions: headstart.export(model, "onnx"), headstart.teach(). See `calls`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.job.calls import with_options
from headstart.job.meant import meant, model_of
from headstart.job.notebook import shown
from headstart.job.options import options

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.job.run import Run
    from headstart.job.teach import TeachPage
    from headstart.model import Model
    from headstart.model.exports import Exported


def export(
    model: Model | Run | str | Path,
    to: str,
    output: str | Path | None = None,
    *,
    pictures: str | Path | Sequence[str | Path] = (),
    force: bool = False,
    bits: int = 16,
    push: str | None = None,
    private: bool = False,
    progress: bool | None = None,
) -> Exported:
    """Writes a classifier in a form that other tools read, and checks that it gives the same answers.

    to: "zip", "openvino", "onnx", "torch", "timm", "hf" or "html", see docs/export.md. output: the file or folder; None
    is one here, named as the run. pictures: files, folders and globs that the check looks at, in place of generated
    ones. force: what lies there is replaced. bits: of the weights in html, 16 or 8. push: "owner/name", a repository on
    the model hub where it is brought to as well; private: one that is made for it is private. model: as for predict().
    Raises OptionError, OutputError, BundleError, BackboneError, DataError; MissingError where a package is lacking.
    """
    from headstart.job.export import export as run

    paths = meant("export", pictures)[0] if pictures else ()
    with shown(progress):
        said = {"bits": bits, "push": push, "private": private}
        return run(model_of(model), to, output, pictures=paths, force=force, **said)


@with_options
def teach(
    backbone: str | Backbone = "small",
    output: str | Path = "teach.html",
    *,
    force: bool = False,
    progress: bool | None = None,
    **given: Any,
) -> TeachPage:
    """Writes a page in which anyone teaches a classifier, in a browser, without network and without an install.

    backbone: what it learns with. force: what is there is replaced. Others are flags of the verb (weights, image_size).
    Raises BackboneError, which names an operation that the page does not know; OptionError, OutputError, WeightsError,
    OfflineError.
    """
    from headstart.job.teach import teach as run

    asked = options("teach", "", {"backbone": backbone, "output": output, "force": force, **given})
    with shown(progress):
        return run(asked)

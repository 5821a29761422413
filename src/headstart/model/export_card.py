"""The page that goes with an export: how it is used, what was measured, and what the model hub reads of it."""

from __future__ import annotations

from typing import Protocol

from headstart.model import card, parity
from headstart.model.formats.reader import Unread
from headstart.model.model import Model
from headstart.model.parity import Parity
from headstart.strangers import markdown

# format → what the hub calls the library that opens it; it knows these names, and lets others be.
_LIBRARIES = {
    "timm": "timm",
    "hf": "transformers",
    "onnx": "onnx",
    "openvino": "openvino",
    "torch": "pytorch",
}
_WHOLE = ("zip", "html")
_FROM_HUB = ("timm", "hf")  # what these open by the name that it has on the hub


class _Format(Protocol):
    ENDING: str
    ABOUT: str
    USE: str


def text(
    made: _Format, name: str, model: Model, found: Parity | Unread, place: str, repository: str = ""
) -> str:
    """Markdown for the export's README.md. place: its file's or folder's name; repository: where it is to lie on the
    hub."""
    prepared = model.backbone.preprocess
    sections = [
        _front(name),
        f"# Image classifier: {len(model.classes)} classes",
        f"Exported from a bundle of headstart: {made.ABOUT}.",
        card.scores(model.info.metrics),
        "## Use",
        _use(made, name, place, repository),
        "## Check",
        "\n".join(f"- {line}" for line in parity.lines(found)),
        "## Input",
        f"{prepared.size} px (shorter side to {prepared.resize}, {prepared.interpolation}, centre crop), "
        f"mean {list(prepared.mean)}, std {list(prepared.std)}",
        "## Classes",
        ", ".join(markdown(one) for one in model.classes),
        "## Limits",
        f"{_strangers(name, model)} {card.LIMITS}",
    ]
    return "\n\n".join(part for part in sections if part) + "\n"


def _strangers(name: str, model: Model) -> str:
    """What becomes of pictures of none of the classes: what holds the bundle whole knows them as the bundle does."""
    if name in _WHOLE and model.certainty.familiar is not None:
        return "It calls pictures that are unlike the training pictures none of these; others it may name."
    return "It names one of the classes above for any picture whatever."


def _front(name: str) -> str:
    """What the hub reads, as YAML. No licence: which one holds, the pictures decide, and these are not known here."""
    library = _LIBRARIES.get(name, "headstart")
    tags = "".join(f"\n- {tag}" for tag in dict.fromkeys(("image-classification", "headstart", library)))
    return f"---\nlibrary_name: {library}\npipeline_tag: image-classification\ntags:{tags}\n---"


def _use(made: _Format, name: str, place: str, repository: str) -> str:
    if repository and name in _FROM_HUB:
        return made.USE.replace("local-dir:FOLDER", f"hf-hub:{repository}").replace("FOLDER", repository)
    local = made.USE.replace("FOLDER", place).replace(f"FILE{made.ENDING}", place)
    if not repository:
        return local
    folder = "." if made.ENDING else place
    return f"```sh\nhf download {repository} --local-dir {folder}\n```\n\n{local}"

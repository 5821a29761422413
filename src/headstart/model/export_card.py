"""The page that goes with an export: how it is used, what was measured, and what the model hub reads of it."""

from __future__ import annotations

from headstart.model import card, parity
from headstart.model.formats.format import Format
from headstart.model.formats.reader import Unread
from headstart.model.model import Model
from headstart.model.parity import Parity
from headstart.strangers import markdown


def text(
    made: Format, model: Model, found: Parity | Unread, place: str, repository: str = "", bits: int = 16
) -> str:
    """Markdown for the export's README.md. place: its file's or folder's name; repository: where it is to lie on the
    hub."""
    prepared = model.backbone.preprocess
    sections = [
        _front(made.library),
        f"# Image classifier: {len(model.classes)} classes",
        f"Exported from a bundle of headstart: {made.about}.",
        card.scores(model.info.metrics),
        "## Use",
        _use(made, place, repository),
        "## Check",
        "\n".join(f"- {line}" for line in parity.lines(found)),
        "## Input",
        f"{prepared.size} px (shorter side to {prepared.resize}, {prepared.interpolation}, centre crop), "
        f"mean {list(prepared.mean)}, std {list(prepared.std)}",
        "## Classes",
        ", ".join(markdown(one) for one in model.classes),
        "## Limits",
        f"{_strangers(made.strangers(model, bits))} {card.LIMITS}",
    ]
    return "\n\n".join(part for part in sections if part) + "\n"


def _strangers(told: bool) -> str:
    """What becomes of pictures of none of the classes."""
    if told:
        return "It calls pictures that are unlike the training pictures none of these; others it may name."
    return "It names one of the classes above for any picture whatever."


def _front(library: str) -> str:
    """What the hub reads, as YAML. No licence: which one holds, the pictures decide, and these are not known here."""
    tags = "".join(f"\n- {tag}" for tag in dict.fromkeys(("image-classification", "headstart", library)))
    return f"---\nlibrary_name: {library}\npipeline_tag: image-classification\ntags:{tags}\n---"


def _use(made: Format, place: str, repository: str) -> str:
    if repository and made.from_hub:
        return made.use.replace("local-dir:FOLDER", f"hf-hub:{repository}").replace("FOLDER", repository)
    local = made.use.replace("FOLDER", place).replace(f"FILE{made.ending}", place)
    if not repository:
        return local
    folder = "." if made.ending else place
    return f"```sh\nhf download {repository} --local-dir {folder}\n```\n\n{local}"

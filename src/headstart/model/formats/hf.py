"""A folder that transformers loads: AutoModelForImageClassification wraps timm's networks (TimmWrapper).

It is timm's folder: transformers knows that form, and makes its own configuration of it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headstart.extras import needed_for
from headstart.model.formats import timm
from headstart.model.formats.format import Format
from headstart.model.formats.reader import Outputs, Reader, of_logits
from headstart.model.model import Model

FORMAT = Format(
    ending="",
    about=(
        "a folder that transformers loads; its scores are the bundle's divided by the temperature, "
        "so that its softmax is calibrated"
    ),
    use="""```python
from transformers import pipeline
classify = pipeline("image-classification", model="FOLDER")
print(classify("picture.jpg"))
```""",
    library="transformers",
    from_hub=True,
)


def export(model: Model, place: Path) -> None:
    """Writes the folder. Raises BundleError, which says why, where transformers could not load the model."""
    timm.export(model, place)


def opened(place: Path, model: Model) -> Reader:
    """The folder in transformers. Raises MissingError."""
    with needed_for("export to hf", "export"):
        from transformers import AutoImageProcessor, AutoModelForImageClassification  # pyright: ignore
        from transformers.utils import logging  # pyright: ignore
    with needed_for("export to hf"):
        import torch

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    network = AutoModelForImageClassification.from_pretrained(place, local_files_only=True).eval()
    processor = AutoImageProcessor.from_pretrained(place, local_files_only=True)

    def answers(x: torch.Tensor) -> Outputs:
        with torch.inference_mode():
            return of_logits(network(pixel_values=x).logits.numpy(), model)

    def whole(pictures: np.ndarray) -> Outputs:
        from PIL import Image

        return answers(
            processor([Image.fromarray(one) for one in pictures], return_tensors="pt").pixel_values
        )

    preprocess = model.backbone.preprocess
    return Reader(
        lambda frames: answers(torch.from_numpy(preprocess.normalise(frames))), whole, "transformers"
    )

"""The classifier as a program of torch's, which runs without the code of its network; and its weights.

program.pt2        torch.export's program: float32 [N, 3, S, S], normalised → scores [N, C], divided by the temperature
model.safetensors  the state dict of Model.as_module(), of which the program was made
facts.json         classes, preparation, temperature
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, cast

import numpy as np

from headstart import files
from headstart.backbone.turn import TURN
from headstart.data.preprocess import Preprocess
from headstart.errors import BundleError
from headstart.extras import needed_for
from headstart.model.formats.format import Format
from headstart.model.formats.reader import Outputs, Reader, of_logits
from headstart.model.formats.whole import facts
from headstart.model.model import WEIGHTS, Model

FORMAT = Format(
    ending="",
    about="a program of torch.export's and its weights; pictures are prepared before it",
    use="""```python
import json, pathlib, torch
from PIL import Image, ImageOps
from torchvision.transforms import v2
facts = json.loads(pathlib.Path("FOLDER/facts.json").read_text(encoding="utf-8"))
told = facts["preparation"]
prepare = v2.Compose([
    v2.Resize(told["resize"], v2.InterpolationMode[told["interpolation"].upper()]),
    v2.CenterCrop(told["size"]),
    v2.PILToTensor(),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize(told["mean"], told["std"]),
])
network = torch.export.load("FOLDER/program.pt2").module()
picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGB")
with torch.no_grad():
    probabilities = network(prepare(picture)[None]).softmax(1)  # [1, classes]
classes = facts["classes"]
```

`headstart.load(BUNDLE).as_module()` is the same as a plain `nn.Module`, to train on.""",
    library="pytorch",
)
PROGRAM, FACTS = "program.pt2", "facts.json"


def export(model: Model, place: Path) -> None:
    """Writes the folder. Raises MissingError; BundleError where torch cannot export the network."""
    with needed_for("export to torch"):
        import torch
        from safetensors.torch import save

    network = model.as_module().requires_grad_(False)
    place.mkdir()
    torch.export.save(_program(network, model), place / PROGRAM)
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    files.write_bytes(place / WEIGHTS, save(tensors))
    files.write_json(place / FACTS, facts(model))


def _program(network: Any, model: Model) -> Any:
    """torch.export's program with a free batch. Raises BundleError.

    It is traced flat first: a pass ends at the last cut, within modules, and torch.export follows these in and out.
    """
    import torch
    from torch.fx.experimental.proxy_tensor import make_fx

    size = model.backbone.preprocess.size
    example = torch.zeros(2, 3, size, size)
    with TURN, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of branches on shapes, which are fixed here
        try:
            traced = make_fx(network, tracing_mode="symbolic", _allow_non_fake_inputs=True)
            flat = cast(torch.nn.Module, traced(example))
            made = torch.export.export(flat, (example,), dynamic_shapes=({0: torch.export.Dim("N")},))
        except (RuntimeError, ValueError, TypeError, AssertionError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise BundleError(
                f"{model.folder}: torch cannot export {model.backbone.name} ({reason}); use Model.as_module()"
            ) from error
    made._example_inputs = None  # else the file holds them, as a pickle
    return made


def prepared(picture: Any, preprocess: Preprocess) -> Any:
    """A PIL image in mode "RGB" → float32 [3, S, S], by torchvision alone: the transform that the card shows."""
    import torch
    from torchvision.transforms import v2

    steps = [
        v2.Resize(preprocess.resize, v2.InterpolationMode[preprocess.interpolation.upper()]),
        v2.CenterCrop(preprocess.size),
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(list(preprocess.mean), list(preprocess.std)),
    ]
    return v2.Compose(steps)(picture)


def opened(place: Path, model: Model) -> Reader:
    """The program in torch. Raises MissingError."""
    with needed_for("export to torch"):
        import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tensors that stand in the file's own bytes, which nobody writes
        network = torch.export.load(place / PROGRAM).module()
    preprocess = model.backbone.preprocess

    def answers(x: torch.Tensor) -> Outputs:
        with torch.inference_mode():
            return of_logits(network(x).numpy(), model)

    def whole(pictures: np.ndarray) -> Outputs:
        from PIL import Image

        return answers(torch.stack([prepared(Image.fromarray(one), preprocess) for one in pictures]))

    return Reader(
        lambda frames: answers(torch.from_numpy(preprocess.normalise(frames))), whole, "torch.export"
    )

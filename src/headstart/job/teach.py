"""teach(): a page in which anyone teaches a classifier, without network and without an install."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import headstart
from headstart import files
from headstart.errors import BackboneError

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.job.options import Options
    from headstart.runtime.openvino import OpenVINORuntime

PAGE = "teach.html"
ALLOWED = 2e-2  # by which features may differ, as a share of the largest: weights are kept in half precision


@dataclass(frozen=True)
class TeachPage:
    """page: where it was written; backbone: what it learns with; bytes: of the file; checked: by how much the engine's
    features differ from the network's own, as a share of the largest; None where no node is on this machine."""

    page: str
    backbone: str
    bytes: int
    checked: float | None

    def __str__(self) -> str:
        """What was checked, in a sentence."""
        if self.checked is None:
            return "not checked here, where there is no node; the page asks itself when it is opened"
        return f"the page's features are the network's, within {self.checked:.2%} of the largest"

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        return asdict(self)


def teach(options: Options) -> TeachPage:
    """Writes the page to the options' output, with their backbone.

    Raises OutputError where it cannot be written there; BackboneError, which names an operation that the page does
    not know; OptionError, WeightsError, OfflineError.
    """
    from headstart.job.named import load_network

    place = Path(options.output or PAGE)
    files.check_absent(place, force=options.force)
    network = load_network(options)
    html, checked = _written(network)
    files.write_text(place, html)
    return TeachPage(str(place), network.name, place.stat().st_size, checked)


def _written(network: Backbone) -> tuple[str, float | None]:
    """(the page, see TeachPage.checked)"""
    from headstart.model.formats.html import COVERAGE, card, check_frame
    from headstart.web.blob import Blob
    from headstart.web.teaching import page
    from headstart.web.walk import walk
    from headstart.web.written import network as values_of

    runtime, blob = _runtime(network), Blob()
    graph, frame = walk(runtime.model, network.name), check_frame(network.preprocess.size)
    features = np.concatenate(next(iter(runtime.stream([frame[None]]))), axis=1)[0]
    values = {
        **values_of(graph, network.preprocess, blob),
        "features": [float(value) for value in features],
        "allowed": ALLOWED,
        "coverage": COVERAGE,
        "card": {"familiar": card(network, graph), "plain": card(network, graph, "no_line")},
        "head": [],
        "familiar": None,
        "sections": blob.sections(),
    }
    html = page(values, blob.text(), headstart.__version__)
    return html, _checked(html, frame, features, network.name)


def _runtime(network: Backbone) -> OpenVINORuntime:
    """The network up to its top, in the operations that the page runs."""
    from headstart.extraction.cuts import pool_at
    from headstart.runtime import Execution, Trunk, start
    from headstart.runtime.openvino import OpenVINORuntime

    trunk = Trunk(network, (network.top,), pool_at(network, (network.top.name,)))
    runtime = start(trunk, Execution(device="cpu", runtime="openvino", precision="fp32"))
    assert isinstance(runtime, OpenVINORuntime)
    return runtime


def _checked(html: str, frame: np.ndarray, expected: np.ndarray, name: str) -> float | None:
    """See TeachPage.checked. Raises BackboneError where that is more than ALLOWED."""
    from headstart.web import node

    if node.found() is None:
        return None
    (found,) = node.ask(html, [frame], "features")
    away = float(np.abs(np.array(found["features"]) - expected).max() / np.abs(expected).max())
    if not away <= ALLOWED:
        raise BackboneError(
            f"{name}: the page's features differ by {away:.1%} from the network's, more than {ALLOWED:.0%}; "
            "take another network"
        )
    return round(away, 6)

"""Exports: each says what its bundle says, is refused where it does not, and says of itself what was measured."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import backbone, data, extras, model
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, BundleError, HeadstartError, OptionError, OutputError
from headstart.job import options
from headstart.model import exports, parity
from headstart.model.decision import Decision, Threshold
from headstart.model.formats import onnx, resampling
from headstart.model.formats.answer import answer
from headstart.model.formats.operations import OPERATIONS, OPERATOR_SET, NoConstant
from headstart.model.formats.reader import Outputs, Reader, Unread, padded, said
from headstart.model.formats.whole import whole
from headstart.planning import cases
from headstart.training.fit import fit
from headstart.web import node
from tests.cli.conftest import tree

NEEDS = {"onnx": ("onnx", "onnxruntime"), "hf": ("transformers",)}


def needed(name: str) -> None:
    """Skips where what the format's check reads with is not installed."""
    if name == "html" and node.found() is None:
        pytest.skip("node is not on this machine")
    for package in NEEDS.get(name, ()):
        if not extras.installed(package):
            pytest.skip(f"{package} is not installed (the extra `export`)")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    dataset = data.load(tree(tmp_path_factory.mktemp("shapes") / "data")).dataset
    return dataset, data.partition(dataset, seed=0)


def bundle_of(network, shapes, folder: Path, case: int = 1, **asked) -> model.Model:
    plan = cases.make(case, network, recipe={"epochs": 1, "batch_size": 8}, n=20, **asked)
    model.save(model.Model.of(fit(plan, network, *shapes)), folder)
    return model.load(folder)


@pytest.fixture(scope="module")
def small(shapes, tmp_path_factory) -> model.Model:
    """A bundle of `small`, with a temperature that is not 1."""
    made = bundle_of(backbone.load("small"), shapes, tmp_path_factory.mktemp("small") / "bundle")
    object.__setattr__(made.certainty, "temperature", 1.7)
    return made


@pytest.fixture(scope="module")
def tiny(shapes, tmp_path_factory) -> model.Model:
    """A bundle of the smallest network in the box."""
    return bundle_of(backbone.load("demo-cnn"), shapes, tmp_path_factory.mktemp("tiny") / "bundle")


@pytest.fixture(scope="module")
def few() -> list[np.ndarray]:
    """As many pictures as a check needs that is not about pictures."""
    return parity.generated(4)


@pytest.mark.parametrize("name", [name for name in exports.FORMATS if name not in ("timm", "hf", "zip")])
def test_an_export_says_what_its_bundle_says(name, small, shapes, tmp_path):
    needed(name)
    made = exports.exporter_of(name)
    found = exports.export(small, name, tmp_path / f"export{made.FORMAT.ending}", shapes[0].paths[:9])
    assert found.parity.holds
    assert found.parity.prepared.pictures == found.parity.prepared.same == 9
    assert found.parity.prepared.probabilities < 1e-5
    assert found.parity.whole is not None
    assert found.parity.whole.probabilities < 0.02  # filters round otherwise
    assert json.loads(found.check.read_text(encoding="utf-8")) == found.parity.to_dict()
    assert "9 get the bundle's answer" in found.card.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "place", "said"),
    [
        ("onnx", "m.html", ".html is the ending of html, and onnx writes a file named m.onnx"),
        ("html", "m.ZIP", ".zip is the ending of zip, and html writes a file named m.html"),
        ("openvino", "m.onnx", ".onnx is the ending of onnx, and openvino writes a folder without an ending"),
    ],
)
def test_a_name_with_another_formats_ending_is_refused(name, place, said, tiny, tmp_path):
    with pytest.raises(OutputError, match=said.replace(".", r"\.")):
        exports.export(tiny, name, tmp_path / place)
    assert not list(tmp_path.iterdir())


SORTS = {
    "two layers": (1, {"head_layers": 2}),
    "several cuts": (2, {"cut": "stem+stage3"}),
    "lower cut": (2, {"cut": "stage2"}),
}


@pytest.fixture(scope="module", params=SORTS)
def sort(request, shapes, tmp_path_factory) -> model.Model:
    """A bundle with one of the heads that are none of timm's."""
    case, asked = SORTS[request.param]
    folder = tmp_path_factory.mktemp("sort") / "bundle"
    return bundle_of(backbone.load("small"), shapes, folder, case, **asked)


@pytest.mark.parametrize("name", ["openvino", "onnx", "torch", "html"])
def test_every_sort_of_head_can_be_exported(name, sort, few, tmp_path):
    needed(name)
    assert exports.export(sort, name, tmp_path / "export", few).parity.holds


def test_networks_that_timm_lacks_are_refused(sort, tmp_path):
    with pytest.raises(BundleError, match="is no network of timm's"):
        exports.export(sort, "timm", tmp_path / "other")


# Between them they have all the operations of the families in tests/conftest.py, but for the average pooling below.
KINDS = (
    "vgg11_bn",
    "mobilenetv2_100",
    "mobilenetv3_small_050",
    "regnety_002",
    "vit_tiny_patch16_224",
    "swin_tiny_patch4_window7_224",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_families_of_networks_become_onnx_files(name, made, shapes, few, tmp_path):
    needed("onnx")
    bundle = bundle_of(made(name), shapes, tmp_path / "bundle")
    try:
        found = exports.export(bundle, "onnx", tmp_path / "export.onnx", few)
    except BundleError as error:  # a network of another kind is refused by the name of what it lacks
        assert name.startswith("swin")
        assert "which is not translated to ONNX" in str(error)  # noqa: PT017 - some are, some are not
    else:
        assert found.parity.prepared.holds


@pytest.mark.parametrize("name", ["timm", "torch"])
def test_the_code_of_a_card_turns_pictures_and_names_classes(name, resnet, few, tmp_path):
    """A picture that its EXIF data turn gets the answer of the same picture as it is shown."""
    found = exports.export(resnet, name, tmp_path / name, few)
    (code,) = re.findall(r"```python\n(.*?)```", found.card.read_text(encoding="utf-8"), re.DOTALL)
    exif, shown = Image.Exif(), Image.fromarray(few[0])
    exif[0x0112] = 6
    shown.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    shown.save(tmp_path / "shown.png")
    answers = []
    for picture in ("turned.png", "shown.png"):
        names = {}
        here = code.replace("picture.jpg", str(tmp_path / picture)).replace(
            f'"{name}/', f'"{tmp_path / name}/'
        )
        exec(here.replace(f"local-dir:{name}", f"local-dir:{tmp_path / name}"), names)
        assert tuple(names["classes"]) == resnet.classes
        assert not names["probabilities"].requires_grad
        answers.append(names["probabilities"].numpy())
    np.testing.assert_array_equal(*answers)


@pytest.mark.parametrize(
    ("exclude", "rounding"), [(True, "floor"), (False, "floor"), (True, "ceil"), (True, "ceil_torch")]
)
def test_average_pooling_is_the_same_in_onnx(exclude, rounding):
    needed("onnx")
    import onnxruntime
    from onnx import TensorProto, helper
    from openvino import Core, Model
    from openvino import opset14 as ops

    given, graph = ops.parameter([1, 2, 7, 8], np.float32), onnx._Graph()
    pooled = ops.avg_pool(given, [2, 2], [1, 1], [1, 1], [3, 3], exclude, rounding_type=rounding)
    (name,) = OPERATIONS["AvgPool"](graph, pooled, ["x"])
    ends = [helper.make_tensor_value_info(one, TensorProto.FLOAT, None) for one in ("x", name)]
    written = helper.make_model(
        helper.make_graph(graph.nodes, "it", ends[:1], ends[1:]),
        ir_version=10,
        opset_imports=[helper.make_opsetid("", OPERATOR_SET)],
    )
    session = onnxruntime.InferenceSession(written.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(0).random((1, 2, 7, 8), np.float32)
    network = Core().compile_model(Model([ops.result(pooled)], [given], "it"), "CPU")
    np.testing.assert_allclose(session.run(None, {"x": picture})[0], network(picture)[0], atol=1e-6)


def test_average_pooling_that_onnx_counts_otherwise_is_named():
    from openvino import opset14 as ops

    given = ops.parameter([1, 2, 7, 8], np.float32)
    pooled = ops.avg_pool(given, [2, 2], [1, 1], [1, 1], [3, 3], False, rounding_type="ceil")
    with pytest.raises(NoConstant, match="AvgPool that counts its padding and rounds up"):
        OPERATIONS["AvgPool"](onnx._Graph(), pooled, ["x"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [*KINDS, "resnet18"])
def test_families_of_networks_become_pages(name, made, shapes, few, tmp_path):
    needed("html")
    bundle = bundle_of(made(name), shapes, tmp_path / "bundle")
    try:
        found = exports.export(bundle, "html", tmp_path / "export.html", few)
    except BackboneError as error:  # a network of another kind is refused by the name of what it lacks
        assert name.startswith(("vit", "swin"))
        assert "the page does not know" in str(error)  # noqa: PT017 - some are, some are not
    else:
        assert found.parity.prepared.same == found.parity.prepared.pictures
        assert found.parity.prepared.probabilities < 2e-3


@pytest.fixture(scope="module")
def resnet(made, shapes, tmp_path_factory) -> model.Model:
    """A bundle of a network of timm's, read at the top, with a temperature that is not 1."""
    found = bundle_of(made("resnet18"), shapes, tmp_path_factory.mktemp("resnet") / "bundle")
    object.__setattr__(found.certainty, "temperature", 0.6)
    return found


@pytest.mark.parametrize("name", ["timm", "hf", "torch"])
def test_networks_of_timm_go_back_to_timm(name, resnet, few, tmp_path):
    needed(name)
    found = exports.export(resnet, name, tmp_path / "export", few)
    assert found.parity.prepared.holds
    assert found.parity.prepared.probabilities < 1e-5


REASONS = {
    "its head has two layers": (1, {"head_layers": 2}),
    "it is cut at layer2": (2, {"cut": "layer2"}),
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_timm_cannot_be_is_told_in_one_line(reason, made, shapes, tmp_path):
    case, asked = REASONS[reason]
    bundle = bundle_of(made("resnet18"), shapes, tmp_path / "bundle", case, **asked)
    with pytest.raises(BundleError, match=reason) as refused:
        exports.export(bundle, "hf", tmp_path / "export")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "export").exists()


def test_a_zip_holds_what_the_bundle_lists_and_no_more(tiny, few, tmp_path):
    assert tiny.folder is not None
    (tiny.folder / "notes.txt").write_text("mine", encoding="utf-8")
    fresh = model.load(tiny.folder)
    first = exports.export(fresh, "zip", tmp_path / "a.zip", few).place
    exports.export(fresh, "zip", tmp_path / "b.zip", few)
    assert first.read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(first) as zipped:
        assert {"headstart.json", "model.safetensors", "README.md"} <= set(zipped.namelist())
        assert "notes.txt" not in zipped.namelist()


def test_an_onnx_file_carries_its_classes_and_takes_any_batch(small, few, tmp_path):
    needed("onnx")
    import onnxruntime

    place = exports.export(small, "onnx", tmp_path / "it.onnx", few).place
    session = onnxruntime.InferenceSession(place, providers=["CPUExecutionProvider"])
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["classes"]) == list(small.classes)
    assert Preprocess.from_dict(json.loads(facts["preparation"])) == small.backbone.preprocess
    assert json.loads(facts["temperature"]) == 1.7
    assert [one.name for one in session.get_outputs()] == ["probabilities", "features", "logits", "answer"]
    for shape in ((1, 90, 64), (3, 64, 200), (2, 31, 47)):
        pictures = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
        found, features = session.run(["probabilities", "features"], {"pictures": pictures})
        assert found.shape == (len(pictures), 2)
        assert features.shape == (len(pictures), small.width)
        np.testing.assert_allclose(found, small.probabilities(pictures), atol=5e-3)


def line(name: str, value: float) -> Threshold:
    return Threshold(name, 0.9, value, 0.0, 1.0, 9, 0.9)


CLASSES = ("a", "b", "c", "d")
DECISIONS = {
    "none": None,
    "thresholds": Decision(CLASSES, (line("c", 0.2), line("a", 0.15))),
    "costs": Decision(CLASSES, costs=((0, 1, 1, 9), (2, 0, 1, 1), (1, 5, 0, 1), (1, 1, 1, 0))),
}


@pytest.mark.parametrize("decision", DECISIONS)
def test_graphs_decide_as_the_bundle_does(decision):
    from openvino import Core, Model
    from openvino import opset13 as ops

    given = ops.parameter([-1, 4], np.float32)
    graph = Model([ops.result(answer(given, DECISIONS[decision]))], [given], "it")
    found = np.random.default_rng(0).dirichlet([0.7] * 4, 2000).astype(np.float32)
    found[:2] = (0.25, 0.25, 0.25, 0.25), (0.15, 0.35, 0.15, 0.35)  # equals, and a line that is just reached
    made = DECISIONS[decision]
    meant = made.decide(found) if made else found.argmax(axis=1)
    assert len(set(meant)) == 4
    network = Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    np.testing.assert_array_equal(network([found])[0], meant)


@pytest.mark.parametrize("name", ["onnx", "openvino"])
def test_a_decision_travels_in_the_graph(name, small, shapes, tmp_path):
    needed(name)
    bundle = model.load(small.folder)
    always = Decision(bundle.classes, (line(bundle.classes[0], 0.0),))
    object.__setattr__(bundle, "decision", always)
    assert exports.export(bundle, name, tmp_path / "it", shapes[0].paths[:2]).parity.prepared.holds
    read = exports.exporter_of(name).opened(tmp_path / "it", bundle).pictures
    assert read is not None
    said = read(np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), np.uint8))
    assert said.answers is not None
    assert said.answers.tolist() == [0] * 9


def test_another_answer_is_refused_and_nothing_is_written(tiny, tmp_path, monkeypatch):
    made = exports.exporter_of("zip")

    def turned(place, bundle):
        def frames(seen):
            own = said(bundle, seen)
            return Outputs(own.probabilities[:, ::-1], own.features, own.logits)

        return Reader(frames, None, "a liar")

    monkeypatch.setattr(made, "opened", turned)
    with pytest.raises(BundleError, match="read by a liar it does not say what the bundle says: 0 of 64"):
        exports.export(tiny, "zip", tmp_path / "it.zip")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("largest", "logits", "holds"), [(0.5, 9e-5, True), (0.5, 2e-4, False), (9, 2e-4, True)]
)
def test_scores_may_differ_by_rounding_alone(largest, logits, holds):
    assert parity.Difference(4, 4, logits, None, 0.0, largest).holds == holds


def test_what_nothing_here_can_read_is_said_not_passed_over(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(node, "found", lambda: None)
    found = exports.export(tiny, "html", tmp_path / "it.html")
    assert isinstance(found.parity, Unread)
    assert found.to_dict()["check"]["tool"] is None
    assert json.loads(found.check.read_text(encoding="utf-8")) == {"tool": None, "why": found.parity.why}
    assert "Not checked here" in found.card.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("same", "probabilities", "holds"), [(995, 0.01, True), (994, 0.01, False), (1000, 0.03, False)]
)
def test_rounded_weights_may_change_one_answer_in_200(same, probabilities, holds):
    found = parity.Difference(1000, same, None, None, probabilities, 1)
    assert parity.Parity("it", True, found, None, rounded=0.02).holds == holds


def test_what_lies_there_stays_unless_it_may_be_replaced(tiny, few, tmp_path):
    place = tmp_path / "it.zip"
    place.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already there"):
        exports.export(tiny, "zip", place)
    assert place.read_text(encoding="utf-8") == "mine"
    exports.export(tiny, "zip", place, few, force=True)
    assert model.load(place).classes == tiny.classes


def test_unknown_formats_name_the_known(small, tmp_path):
    with pytest.raises(OptionError, match="did you mean onnx"):
        exports.export(small, "onx", tmp_path / "it")
    assert exports.FORMATS == options.EXPORTS  # what the parser knows without importing the room


@pytest.mark.parametrize("way", [resampling.interpolated, resampling.multiplied])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_graphs_resize_as_pillow_does(way, interpolation):
    from openvino import Core, Model
    from openvino import opset13 as ops

    pictures, sides = ops.parameter([-1, 3, -1, -1], np.uint8), ops.parameter([2], np.int64)
    graph = Model([ops.result(way(pictures, sides, interpolation))], [pictures, sides], "it")
    network = Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    random = np.random.default_rng(0)
    for old, new in (((75, 100), (64, 85)), ((90, 31), (185, 64)), ((64, 64), (64, 64))):
        picture = random.integers(0, 256, (*old, 3), np.uint8)
        found = network([picture.transpose(2, 0, 1)[None], np.array(new)])[0][0].transpose(1, 2, 0)
        meant = np.asarray(
            Image.fromarray(picture).resize(new[::-1], Image.Resampling[interpolation.upper()])
        )
        apart = np.abs(found.astype(int) - meant)
        assert apart.max() <= 1
        assert (apart > 0).mean() < 0.03  # ties are rounded to either side


def test_a_filter_that_graphs_lack_is_named(small, tmp_path):
    prepared = Preprocess(64, 64, "lanczos", (0.5,) * 3, (0.5,) * 3)
    bundle = model.load(small.folder)
    object.__setattr__(bundle.backbone, "preprocess", prepared)
    with pytest.raises(BundleError, match="'lanczos', for which graphs have no operation"):
        whole(bundle)


@pytest.mark.parametrize(("size", "resize"), [(8, 8), (8, 9), (8, 11), (224, 256)])
def test_padded_frames_come_out_of_the_crop_as_they_were(size, resize):
    prepared = Preprocess(size, resize, "bicubic", (0.5,) * 3, (0.5,) * 3)
    frames = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    for frame, wide in zip(frames, padded(frames, prepared), strict=True):
        np.testing.assert_array_equal(prepared.frame(wide), frame)


def test_a_package_that_is_not_there_is_told_with_the_command(small, tmp_path, monkeypatch):
    import sys

    for package in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(HeadstartError, match=r"needs onnx; .*\[export\]"):
        exports.export(small, "onnx", tmp_path / "it.onnx")


def test_a_number_that_is_none_is_not_lost_among_batches():
    """max() of Python's passes over a NaN behind another number."""
    right = np.zeros((2, 3), np.float32)
    pairs = [(right, right), (right, np.full((2, 3), np.nan, np.float32))]
    assert np.isnan(parity._greatest(pairs))


def test_a_card_that_lies_there_is_not_overwritten(tiny, few, tmp_path):
    mine = tmp_path / "it.zip.README.md"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"it\.zip\.README\.md: already there"):
        exports.export(tiny, "zip", tmp_path / "it.zip", few)
    assert mine.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "it.zip").exists()

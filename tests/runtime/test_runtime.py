"""Both runtimes give the same features; OpenVINO reports nothing to anyone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from headstart.errors import BackboneError
from headstart.runtime import Execution, Trunk, precisions, start
from headstart.runtime.openvino import OpenVINORuntime

NAMES = ["resnet18", "mobilenetv2_100", "vgg11_bn", "convnext_atto", "vit_tiny_patch16_224"]


def _cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    return (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def _batches(size: int, lengths: list[int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8) for n in lengths]


@pytest.mark.parametrize("name", NAMES)
def test_openvino_agrees_with_torch_at_every_tap(name, made):
    backbone = made(name)
    job = Trunk(backbone, backbone.stages, "avgstd", logits=True)
    batches = _batches(backbone.preprocess.size, [4, 4, 3])
    fast = list(start(job, Execution(runtime="openvino")).stream(batches))
    slow = list(start(job, Execution(runtime="torch", device="cpu")).stream(batches))
    assert [[output.shape for output in batch] for batch in fast] == [
        [o.shape for o in batch] for batch in slow
    ]
    for ours, theirs in zip(fast, slow, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert _cosines(a, b).min() > 0.99999


def test_batches_of_any_length_come_back_in_order(made):
    backbone = made("resnet18")
    runtime = start(Trunk(backbone, backbone.stages), Execution(runtime="openvino"))
    batches = _batches(backbone.preprocess.size, [2, 1, 5, 3, 1])
    (together,) = runtime.stream([np.concatenate(batches)])
    apart = list(runtime.stream(batches))
    assert [len(outputs[0]) for outputs in apart] == [2, 1, 5, 3, 1]
    for k, whole in enumerate(together):
        np.testing.assert_allclose(
            np.concatenate([outputs[k] for outputs in apart]), whole, rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("name", [*NAMES, "densenet121", "mixer_s32_224"])
def test_features_do_not_depend_on_what_runs_beside_a_picture(name, made):
    """To the last bit. vgg11_bn ends in products of vectors with a matrix."""
    backbone = made(name)
    converted = start(Trunk(backbone, backbone.stages), Execution(runtime="openvino"))
    (frames,) = _batches(backbone.preprocess.size, [6])
    found = {}
    for n in (1, 2, 4, 6):
        runtime = OpenVINORuntime(converted.model, backbone.preprocess)
        rows = runtime.stream([frames[at : at + n] for at in range(0, 6, n)])
        found[n] = [np.concatenate(cut) for cut in zip(*rows, strict=True)]
    for n in (2, 4, 6):
        for one, many in zip(found[1], found[n], strict=True):
            np.testing.assert_array_equal(one, many)


def test_a_single_picture_does_not_wait_for_a_batch(made):
    """It is run by itself; a network is compiled anew only where none has less than twice the size."""
    backbone = made("resnet18")
    converted = start(Trunk(backbone, backbone.stages), Execution(runtime="openvino"))
    runtime = OpenVINORuntime(converted.model, backbone.preprocess)
    sizes = []
    for n in (8, 5, 1, 2, 3, 4, 16, 1):
        assert [len(outputs[0]) for outputs in runtime.stream(_batches(backbone.preprocess.size, [n]))] == [n]
        sizes.append(sorted(runtime._compiled))
    assert sizes == [[8], [8], [1, 8], [1, 2, 8], [1, 3, 8], [1, 4, 8], [1, 4, 8, 16], [1, 4, 8, 16]]


def test_networks_run_in_the_threads_asked_for_and_nothing_else_does(made, monkeypatch):
    backbone = made("resnet18")
    job, batches = Trunk(backbone, backbone.stages), _batches(backbone.preprocess.size, [2])
    every = torch.get_num_threads()
    fast = start(job, Execution(runtime="openvino", threads=1))
    slow = start(job, Execution(runtime="torch", device="cpu", threads=3))
    assert fast._compile(2).get_property("INFERENCE_NUM_THREADS") == 1
    seen, forward = [], slow.network.forward
    monkeypatch.setattr(slow.network, "forward", lambda x: seen.append(torch.get_num_threads()) or forward(x))
    for ours, theirs in zip(*(next(iter(runtime.stream(batches))) for runtime in (fast, slow)), strict=True):
        assert _cosines(ours, theirs).min() > 0.99999
    assert seen == [3]
    assert torch.get_num_threads() == every


@pytest.mark.parametrize("option", [{"runtime": "tensorrt"}, {"precision": "int4"}])
def test_unknown_names_are_refused_with_what_there_is(option, made):
    backbone = made("resnet18")
    with pytest.raises(BackboneError, match="expected one of"):
        start(Trunk(backbone, backbone.stages), Execution(**option))


_OFFLINE = """
import socket, sys
def refused(*_, **__):
    raise SystemExit("a socket was used")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refused
import numpy as np
from headstart import backbone
from headstart.runtime import Execution, Trunk, start
network = backbone.load("demo-cnn")
runtime = start(Trunk(network, network.stages), Execution(runtime="openvino"))
(outputs,) = runtime.stream([np.zeros((2, 64, 64, 3), np.uint8)])
assert len(outputs) == len(network.stages)
assert sys.modules["openvino_telemetry"] is None
"""


def test_nothing_is_sent_anywhere():
    subprocess.run([sys.executable, "-c", _OFFLINE], check=True, timeout=120)


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_bfloat16_is_near_and_is_not_used_where_the_machine_lacks_it(runtime, made, said, monkeypatch):
    backbone = made("resnet18")
    job, batches = Trunk(backbone, backbone.stages), _batches(backbone.preprocess.size, [4])
    (plain,) = start(job, Execution(runtime=runtime, device="cpu")).stream(batches)
    if "bf16" in precisions(runtime, "cpu"):
        short = start(job, Execution(runtime=runtime, precision="bf16", device="cpu"))
        assert short.precision == "bf16"
        (found,) = short.stream(batches)
        assert all(output.dtype == np.float32 for output in found)
        assert all(_cosines(a, b).min() > 0.9 for a, b in zip(found, plain, strict=True))
    monkeypatch.setattr("headstart.runtime.hardware.precisions", lambda *_: ("fp32",))
    lacking = start(job, Execution(runtime=runtime, precision="bf16", device="cpu"))
    assert lacking.precision == "fp32"
    assert "lacks it" in said[0]
    (found,) = lacking.stream(batches)
    for a, b in zip(found, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_two_streams_of_one_network_do_not_disturb_each_other(made):
    backbone = made("resnet18")
    job = Trunk(backbone, backbone.stages)
    small, large = (_batches(backbone.preprocess.size, [n])[0] for n in (2, 6))
    (alone,) = start(job, Execution(runtime="openvino")).stream([large])
    begun = start(job, Execution(runtime="openvino")).stream([small, small, small])
    first = next(begun)
    (beside,) = start(job, Execution(runtime="openvino")).stream([large])
    rest = list(begun)
    assert len(rest) == 2
    for k, output in enumerate(first):
        np.testing.assert_allclose(beside[k], alone[k], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(rest[-1][k], output, rtol=1e-4, atol=1e-5)


def test_a_stream_that_is_given_up_leaves_the_network_usable(made):
    backbone = made("resnet18")
    runtime = start(Trunk(backbone, backbone.stages), Execution(runtime="openvino"))
    batch = _batches(backbone.preprocess.size, [2])[0]
    given_up = runtime.stream([batch] * 5)
    expected = next(given_up)
    del given_up
    (found,) = runtime.stream([batch])
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_a_stream_does_not_change_how_the_caller_computes(runtime, made):
    network = made("resnet18")
    size = network.preprocess.size
    stream = start(Trunk(network, network.stages), Execution(runtime=runtime, device="cpu")).stream(
        np.zeros((2, size, size, 3), np.uint8) for _ in range(3)
    )
    next(stream)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    stream.close()
    assert torch.is_grad_enabled()


COME_AND_GONE = """
import signal
import numpy as np
from headstart import backbone
from headstart.runtime import Execution, Trunk, precisions, start
from headstart.runtime.openvino import OpenVINORuntime

network = backbone.load("demo-cnn")
model = start(Trunk(network, network.stages), Execution(runtime="openvino")).model
pictures = [np.zeros((1, 64, 64, 3), np.uint8)]
runtimes = [OpenVINORuntime(model, network.preprocess) for _ in range(3)]
for runtime in runtimes:
    list(runtime.stream(pictures))
while runtimes:  # the first goes first
    runtimes.pop(0)
del runtime
signal.signal(signal.SIGTERM, lambda number, _: print("heard", flush=True))
signal.raise_signal(signal.SIGTERM)
"""


def test_a_signal_is_heard_after_networks_came_and_went():
    """OpenVINO changes the stack that signal handlers run on; see headstart.runtime.openvino.core()."""
    done = subprocess.run([sys.executable, "-c", COME_AND_GONE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr

"""What is asked for comes to the same on a machine whoever asks: the library or the command line."""

from __future__ import annotations

import numpy as np
import pytest

from headstart import backbone, evidence
from headstart.cli import asked as from_flags
from headstart.cli import verbs
from headstart.cli.session import Session
from headstart.errors import BackboneError
from headstart.job.prepare import execution_of as execution_of_options
from headstart.planning import cases
from headstart.planning.inputs import execution_of
from headstart.runtime import Execution, Resolved, device_of, hardware, resolve


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch):
    """cards(n) lets torch find n CUDA cards."""

    def set_(count: int) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: count > 0)
        monkeypatch.setattr("torch.cuda.device_count", lambda: count)
        monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
        monkeypatch.setattr(hardware, "precisions", lambda *_: ("fp32", "bf16"))

    return set_


ASKED = [
    ([], Execution(), 0, ("openvino", "cpu")),
    ([], Execution(), 2, ("torch", "cuda")),
    (["--device", "cuda:1"], Execution(device="cuda:1"), 2, ("torch", "cuda:1")),
    (["--device", "cpu"], Execution(device="cpu"), 2, ("openvino", "cpu")),
    (
        ["--device", "cuda", "--runtime", "openvino"],
        Execution("openvino", device="cuda"),
        1,
        ("openvino", "cpu"),
    ),
    (["--runtime", "torch"], Execution("torch"), 0, ("torch", "cpu")),
    (["--threads", "3", "--workers", "2"], Execution(threads=3, workers=2), 0, ("openvino", "cpu")),
]


@pytest.mark.parametrize(("flags", "asked", "count", "found"), ASKED)
def test_library_and_command_line_get_the_same_answer(flags, asked, count, found, cards):
    cards(count)
    parsed = verbs.parser().parse_args(["plan", "data", *flags])
    flagged = resolve(execution_of_options(from_flags.options(parsed, Session())))
    assert flagged == resolve(asked)
    assert (flagged.runtime, flagged.device) == found
    assert "auto" not in vars(flagged).values()


@pytest.mark.parametrize("name", ["cuda:1", "mps", "tpu", "cuda:x", ""])
def test_a_device_that_is_not_there_is_refused_in_one_line(name, cards):
    cards(1)
    for ask in (lambda: resolve(Execution(device=name)), lambda: device_of(name)):
        with pytest.raises(BackboneError, match=f"--device {name}: ") as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_what_is_missing_is_told_with_what_is_there(cards):
    cards(2)
    with pytest.raises(BackboneError, match="torch finds cuda, cuda:0, cuda:1 here"):
        device_of("cuda:2")


def test_measuring_asks_for_the_device_as_the_command_line_does(cards):
    cards(0)
    with pytest.raises(BackboneError, match="--device cuda: torch finds none here"):
        evidence.speed(backbone.load("demo-cnn"), Execution(device="cuda"))


def test_a_plan_fills_what_is_left_to_it_and_nothing_else(cards):
    cards(0)
    plan = cases.make(1, backbone.load("demo-cnn"), runtime="torch", precision="bf16")
    assert execution_of(plan) == resolve(Execution("torch", precision="bf16"))
    given = execution_of(plan, Execution("openvino", precision="fp32"))
    assert (given.runtime, given.precision) == ("openvino", "fp32")
    assert execution_of(plan, given) is given


def test_copies_have_a_precision_of_their_own(cards):
    cards(0)
    assert resolve(Execution()).copies == "bf16"
    assert resolve(Execution()).of_copies.precision == "bf16"
    assert resolve(Execution(copies="fp32")).of_copies.precision == "fp32"


def test_what_the_machine_lacks_is_said_once(monkeypatch, said):
    monkeypatch.setattr(hardware, "precisions", lambda *_: ("fp32",))
    for _ in range(2):
        assert resolve(Execution(precision="bf16", copies="bf16")).precision == "fp32"
    assert said == ["precision bf16: this machine lacks it; the network runs in fp32"]


def test_fewer_pictures_run_together_on_a_cpu_and_as_many_as_are_asked_for():
    cpu = Resolved("openvino", "cpu", "fp32", "fp32")
    assert [cpu.batch_of(size) for size in (64, 224, 512)] == [32, 4, 1]
    assert Resolved("torch", "cuda", "fp32", "fp32").batch_of(512) == 32
    assert Resolved("torch", "cuda", "fp32", "fp32", batch_size=7).batch_of(512) == 7


@pytest.mark.parametrize("option", [{"runtime": "tensorrt"}, {"precision": "int4"}, {"copies": "int4"}])
def test_unknown_names_are_refused_with_what_there_is(option):
    with pytest.raises(BackboneError, match="expected one of"):
        Execution(**option)


def test_measuring_without_words_measures_the_precision(monkeypatch):
    """As `headstart plan` does."""
    import importlib

    room = importlib.import_module("headstart.evidence.measure")
    asked = []

    def settle(dataset, train, network, execution):
        asked.append(execution.precision)
        raise BackboneError("enough")

    monkeypatch.setattr(room, "settle", settle)

    class Few:
        labels, classes, levels = np.zeros(4, np.int64), ("a",), None

    class Parts:
        train = np.arange(4)

    with pytest.raises(BackboneError, match="enough"):
        evidence.measure(Few, Parts, backbone.load("demo-cnn"))
    assert asked == ["auto"]

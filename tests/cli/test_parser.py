"""The command line before any work: verbs, flags, refusals, start-up."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

import headstart as package
from headstart.cli import values
from headstart.cli import verbs as door
from headstart.planning.recipe import Recipe

HEAVY = ("torch", "timm", "torchvision", "sklearn", "openvino", "numpy", "PIL", "rich", "jinja2")
PROBE = """
import json, resource, sys
sys.argv = ["headstart", *json.loads(sys.argv[1])]
if sys.argv[1:]:
    from headstart.cli.main import main
    main()
else:
    import headstart
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([usage.ru_utime + usage.ru_stime, sorted(sys.modules)]), file=sys.stderr)
"""


def probed(*argv: str) -> tuple[float, set[str]]:
    """CPU seconds and modules of a fresh interpreter that ran one command."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(argv)], capture_output=True, text=True, check=True
    )
    seconds, modules = json.loads(done.stderr.splitlines()[-1])
    return seconds, set(modules)


@pytest.mark.parametrize("argv", [(), ("--help",), ("train", "--help"), ("--version",)])
def test_start_up_is_light(argv: tuple[str, ...]) -> None:
    _, modules = probed(*argv)
    assert not modules & set(HEAVY)


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    assert min(probed("--help")[0] for _ in range(3)) < 0.3


def test_module_runs_as_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "headstart", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"headstart {package.__version__}\n"


def test_the_version_stands_in_one_place() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/headstart/__init__.py"
    assert f'\n__version__ = "{package.__version__}"\n' in Path(package.__file__).read_text(encoding="utf-8")


def test_public_names_are_exactly_the_exported_ones() -> None:
    assert set(package.__all__) == {*package._HOMES, "__version__"}
    for name, (module, attribute) in package._HOMES.items():
        value = getattr(package, name)
        assert value is getattr(sys.modules[module], attribute)
    assert dir(package) == sorted(package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing  # pyright: ignore[reportAttributeAccessIssue]


def test_help_documents_the_exit_codes(headstart) -> None:
    answer = headstart("--help")
    assert answer.code == 0
    for code in ("0 ", "1 ", "2 ", "3 ", "130 ", "143 "):
        assert f"\n  {code}" in answer.out


REFUSED = [
    (["trian", "x"], "did you mean train?"),
    (["nonsense"], "expected one of demo, review, plan"),
    ([], "required: VERB"),
    (["train"], "required: DATA"),
    (["train", "x", "--case", "5"], "--case"),
    (["train", "x", "--epochs", "0"], "--epochs: expected a whole number of at least 1, got '0'"),
    (["train", "x", "--lr", "0"], "--lr: expected a number above 0, got '0'"),
    (["train", "x", "--lr", "nan"], "--lr"),
    (["train", "x", "--weight-decay", "-1"], "--weight-decay"),
    (["train", "x", "--batch-size", "many"], "--batch-size"),
    (["train", "x", "--seed", "-1"], "--seed"),
    (["train", "x", "--time-limit", "soon"], "--time-limit: expected a time such as 90s, 10m or 1h30m"),
    (["train", "x", "--model-kwargs", "pad"], "--model-kwargs: expected KEY=VALUE, got 'pad'"),
    (["train", "x", "--cut", "a,,b"], "--cut"),
    (["train", "x", "--force", "--resume"], "not allowed with"),
    (["train", "x", "--head-layers", "3"], "--head-layers"),
    (["train", "x", "--epoch", "3"], "flag --epoch is unknown; did you mean --epochs?"),
    (["predict", "b", "i", "--top", "0"], "--top"),
]


@pytest.mark.parametrize(("argv", "said"), REFUSED, ids=[" ".join(argv) or "-" for argv, _ in REFUSED])
def test_a_wrong_command_line_is_one_line_and_exit_2(headstart, argv: list[str], said: str) -> None:
    answer = headstart(*argv)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert said in answer.err


def test_flags_offer_what_the_rooms_take() -> None:
    """The parser names the choices again, since the rooms import too much for `--help`."""
    from headstart import runtime
    from headstart.heads import head
    from headstart.planning import plan, recipe
    from headstart.runtime import KEEPS

    offered = {
        (verb, action.option_strings[0]): tuple(action.choices)
        for verb in ("train", "pretrain")
        for action in door.parser().parse_args([verb, "x"]).parser._actions
        if action.choices
    }
    assert offered["train", "--keep-features"] == KEEPS
    assert offered["train", "--runtime"] == runtime.RUNTIMES
    assert offered["train", "--precision"] == runtime.PRECISIONS
    assert offered["train", "--init"] == plan.INITS
    assert offered["train", "--head-init"] == head.HEAD_INITS
    assert offered["train", "--class-weight"] == head.CLASS_WEIGHTS
    assert offered["pretrain", "--optimizer"] == recipe.OPTIMIZERS
    assert offered["pretrain", "--augment"] == recipe.AUGMENTS
    assert offered["pretrain", "--train-precision"] == recipe.PRECISIONS


def test_help_of_pretrain_tells_the_recipe_s_defaults() -> None:
    from headstart.source.pretrain import RECIPE

    recipe = {name: str(value).removesuffix(".0") for name, value in asdict(RECIPE).items()}
    told = {
        action.dest: action.help.rpartition("(")[2].removesuffix(")")
        for action in door.parser().parse_args(["pretrain", "x"]).parser._actions
        if action.help and action.dest in recipe
    }
    assert {"epochs", "lr", "weight_decay", "batch_size", "optimizer", "augment"} <= set(told)
    del told["start_size"]  # none, where it is not given
    assert told == {name: recipe[name] for name in told}


def test_help_tells_a_plan_s_rate_and_weight_decay(headstart) -> None:
    recipe, said = Recipe(), " ".join(headstart("train", "--help").out.split())
    assert f"peak rate for the batch size ({recipe.lr})" in said
    assert f"decoupled, as in AdamW ({recipe.weight_decay})" in said


def test_model_kwargs_are_read_as_timm_reads_them() -> None:
    args = door.parser().parse_args(["plan", "x", "--model-kwargs", "pad_type=same", "drop=0.1", "wide=True"])
    assert dict(args.model_kwargs) == {"pad_type": "same", "drop": 0.1, "wide": True}


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("1h", 3600), ("1h30m", 5400), ("45", 45)]
)
def test_durations(text: str, seconds: float) -> None:
    assert values.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-1s", "1d", "s", "10 m", "1e3"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        values.duration(text)


def test_names_with_commas_or_plus() -> None:
    assert values.names("conv1,conv2+fc") == ("conv1", "conv2", "fc")

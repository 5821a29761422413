"""The main job through the command line, on generated pictures."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from headstart import seals
from headstart.planning import toml
from tests.cli.conftest import tree


def test_a_run_leaves_what_the_design_names(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert {"bundle", "plan.toml", "metrics.jsonl", "predictions.csv", "report.html", "env.json"} <= names
    assert "quarantine.csv" not in names
    facts = json.loads((trained / "env.json").read_text(encoding="utf-8"))
    assert facts["seed"] == 0
    assert facts["command"].startswith("headstart train ")
    assert {"python", "torch", "openvino"} <= set(facts["versions"])


def test_predictions_are_of_the_report_split(trained: Path) -> None:
    with (trained / "predictions.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    final = json.loads((trained / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    right = sum(row["label"] == row["prediction"] for row in rows)
    assert {row["split"] for row in rows} == {"held-out"} == set(final["splits"])
    assert final["splits"]["held-out"]["n"] == len(rows)
    assert final["splits"]["held-out"]["accuracy"] == pytest.approx(right / len(rows))


def test_train_prints_one_object(headstart, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    answer = headstart("train", shapes, "--backbone", backbone, "-o", tmp_path / "run", "--json", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    result = json.loads(answer.out)
    score = result["splits"]["held-out"]
    low, high = score["interval"]
    assert low <= score["accuracy"] <= high
    assert (score["split"], score["n"]) == ("held-out", 6)
    assert set(result["baselines"]) == {"majority class", "random weights"}
    assert result["size"] == "small"
    assert result["case"] in (1, 2)
    assert re.match(r"Names \d+ of 100 new pictures rightly", result["sentences"][0])


def test_summary_names_accuracy_interval_baselines_and_next_step(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    answer = headstart("train", shapes, "--backbone", backbone, "-o", folder, "--case", 1, "--head-layers", 2)
    assert answer.code == 0
    told = (
        "The data: ",
        "The lesson: case ",
        "What is done: case 1's way",
        "majority class",
        "random weights",
        "balanced",
    )
    for said in ("case 1", "95 % interval", "6 pictures", *told):
        assert said in answer.out
    assert f"next     headstart predict {folder / 'bundle'}" in answer.out


def test_evaluate_takes_the_held_out_pictures_again(headstart, trained: Path, shapes: Path) -> None:
    answer = headstart("evaluate", trained / "bundle", shapes, "--json", "--quiet")
    final = json.loads((trained / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    (score,) = json.loads(answer.out)["splits"].values()
    assert score.pop("trained_on") == 0
    kept = seals.opened((trained / "report.json").read_text(encoding="utf-8"))["parts"]["certainty"]
    assert score.pop("certainty") == kept
    assert [score] == list(final["splits"].values())


def test_evaluate_says_when_pictures_were_trained_on(headstart, trained: Path, shapes: Path) -> None:
    answer = headstart("evaluate", trained / "bundle", shapes, "--split", "all")
    assert answer.code == 0
    assert "was trained on 22 of these 28 pictures: no honest accuracy" in answer.err
    assert "precision" in answer.out
    assert "true \\ predicted" in answer.out


def test_evaluate_says_when_a_bundle_does_not_know_what_it_was_trained_on(
    headstart, trained: Path, shapes: Path, tmp_path: Path
) -> None:
    """As one saved from Python without the pictures."""
    bundle = shutil.copytree(trained / "bundle", tmp_path / "bundle")
    info = seals.opened((bundle / "headstart.json").read_text(encoding="utf-8"))
    info |= {"data_fingerprint": "", "trained_on": "", "held_out": []}
    (bundle / "headstart.json").write_text(json.dumps(seals.sealed(info)), encoding="utf-8")
    answer = headstart("evaluate", bundle, shapes)
    assert answer.code == 0
    assert "does not say which pictures it was trained on" in answer.err


def test_evaluate_takes_some_of_the_classes(headstart, trained: Path, tmp_path: Path) -> None:
    data = tree(tmp_path / "few", names=("circle",), each=2, seed=5)
    answer = headstart("evaluate", trained / "bundle", data, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["splits"]["all"]["n"] == 2


def test_a_plan_edited_by_hand_is_done_as_it_stands(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    file = tmp_path / "plan.toml"
    assert headstart("plan", shapes, "--backbone", backbone, "--case", 3, "--epochs", 3, "-o", file).code == 0
    file.write_text(file.read_text(encoding="utf-8").replace("epochs = 3", "epochs = 1"), encoding="utf-8")
    folder = tmp_path / "run"
    answer = headstart("train", shapes, "--plan", file, "-o", folder, "--json", "--quiet")
    assert answer.code == 0
    result = json.loads(answer.out)
    assert result["case"] == 3
    assert result["evidence"] is None
    assert toml.loads((folder / "plan.toml").read_text(encoding="utf-8")) == toml.loads(
        file.read_text(encoding="utf-8")
    )
    epochs = [
        json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [record["epoch"] for record in epochs if "epoch" in record] == [1]


def test_a_plan_whose_table_is_another_case_is_shown_as_what_it_is(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    file, stem = tmp_path / "plan.toml", 'stage = "stem", init = "pretrained", lr_scale = '
    assert headstart("plan", shapes, "--backbone", backbone, "--case", 3, "--epochs", 1, "-o", file).code == 0
    text = file.read_text(encoding="utf-8")
    assert f"{stem}1.0 " in text
    file.write_text(text.replace(f"{stem}1.0 ", f"{stem}0.0 "), encoding="utf-8")
    answer = headstart("train", shapes, "--plan", file, "-o", tmp_path / "run")
    assert answer.code == 0
    assert answer.out.startswith("case 0 (none of the four)")
    assert f"{file}: says case 3, and its table is none of the four (case 0)" in answer.err
    kept = toml.loads((tmp_path / "run" / "plan.toml").read_text(encoding="utf-8"))
    assert (kept.case, kept.rows) == (0, toml.loads(file.read_text(encoding="utf-8")).rows)
    file.write_text(text.replace("case = 3", "case = 1"), encoding="utf-8")
    drawn = headstart("inspect", backbone, "--plan", file, "--json")
    assert json.loads(drawn.out)["plan"]["case"] == 3
    assert "says case 1, and its table is case 3" in drawn.err


def test_a_plan_made_of_other_pictures_says_so(
    headstart, backbone: Path, shapes: Path, tmp_path: Path
) -> None:
    file, said = tmp_path / "plan.toml", "was measured on other training pictures than these"
    command = ("plan", shapes, "--backbone", backbone, "--case", 1, "-o", file)
    assert headstart(*command).code == 0
    others = tree(tmp_path / "others", seed=5)
    for pictures, known in ((shapes, True), (others, False)):
        answer = headstart("train", pictures, "--plan", file, "-o", tmp_path / f"run-{known}")
        assert answer.code == 0
        assert (f"{file}: {said}" in answer.err) is not known
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub('pictures = ".+"', 'pictures = ""', text), encoding="utf-8")
    assert said not in headstart("train", others, "--plan", file, "-o", tmp_path / "any").err


def test_a_fall_back_may_sit_at_any_module(headstart, backbone: Path, shapes: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    assert headstart("plan", shapes, "--backbone", backbone, "--case", 3, "-o", file).code == 0
    text = file.read_text(encoding="utf-8")
    row = '{ stage = "stage3.0", init = "pretrained", lr_scale = 1.0 },'
    text = re.sub(r"fallback_cut = \[[^]]*\]", 'fallback_cut = ["stage3.0"]', text)
    file.write_text(
        text.replace('    { stage = "stage3",', f'    {row}\n    {{ stage = "stage3",'), encoding="utf-8"
    )
    drawn = headstart("inspect", backbone, "--plan", file, "--json")
    assert drawn.code == 0, drawn.err
    assert json.loads(drawn.out)["plan"]["fallback_cut"] == ["stage3.0"]


def test_case_4_by_order_trains_random_weights(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    command = ["train", shapes, "--backbone", backbone, "--case", 4, "--epochs", 1, "--batch-size", 8]
    answer = headstart(*command, "-o", tmp_path / "run", "--json", "--quiet")
    assert answer.code == 0
    arms = json.loads(answer.out)["arms"]
    assert [arm["name"] for arm in arms] == ["probe", "scratch"]
    assert sum(arm["chosen"] for arm in arms) == 1


def test_files_left_out_are_listed(headstart, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(shapes, data)
    (data / "circle" / "empty.png").write_bytes(b"")
    (data / "cross" / "letter.jpg").write_text("dear all")
    (data / "cross" / "really-a-png.jpg").write_bytes(
        (tree(tmp_path / "more", seed=9) / "cross" / "00.png").read_bytes()
    )
    answer = headstart("train", data, "--backbone", backbone, "--case", 1, "-o", tmp_path / "run", "--json")
    assert answer.code == 0
    with (tmp_path / "run" / "quarantine.csv").open(encoding="utf-8") as handle:
        listed = {Path(row["path"]).name: row["reason"] for row in csv.DictReader(handle)}
    assert set(listed) == {"empty.png", "letter.jpg"}
    assert all(listed.values())
    assert json.loads(answer.out)["pictures"]["quarantine"] == 2


def test_inspect_draws_the_network_the_case_and_the_bundle(headstart, backbone: Path, trained: Path) -> None:
    network = headstart("inspect", backbone)
    assert network.code == 0
    assert "cuts " in network.out
    drawn = headstart("inspect", backbone, "--case", 3)
    assert "trained" in drawn.out
    assert "frozen" in headstart("inspect", trained / "bundle").out
    stages = json.loads(headstart("inspect", backbone, "--json").out)["stages"]
    assert all(stage["name"] in network.out for stage in stages)


def test_a_finished_run_can_be_resumed(headstart, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    command = ["train", shapes, "--backbone", backbone, "--case", 3, "--epochs", 2, "-o", tmp_path / "run"]
    first = headstart(*command, "--json", "--quiet")
    again = headstart(*command, "--json", "--quiet", "--resume")
    assert again.code == 0
    assert json.loads(again.out)["splits"] == json.loads(first.out)["splits"]
    other = headstart(*command, "--resume", "--seed", 3)
    assert other.code == 2
    assert re.search(r"is another plan .* \(it differs in: .*seed.*\)", other.err)


def test_features_are_kept_as_asked(headstart, shapes: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    features = tmp_path / "cache" / "headstart" / "features"
    found, dtypes = {}, {}
    for kept in ("none", "fp16", "fp32"):
        answer = headstart(
            "train", shapes, "-o", tmp_path / kept, "--keep-features", kept, "--json", "--quiet"
        )
        assert answer.code == 0
        found[kept] = json.loads(answer.out)["splits"]
        dtypes[kept] = {str(np.load(path).dtype) for path in features.rglob("*.shard")}
        shutil.rmtree(features, ignore_errors=True)
    assert dtypes == {"none": set(), "fp16": {"float16"}, "fp32": {"float32"}}
    assert found["none"] == found["fp32"]
    assert set(found["fp16"]) == set(found["fp32"])


def test_next_command_of_a_plan_keeps_what_was_asked_of_the_cache(
    headstart, shapes: Path, tmp_path: Path
) -> None:
    answer = headstart("plan", shapes, "-o", tmp_path / "plan.toml", "--keep-features", "none")
    assert answer.code == 0
    assert "--keep-features none" in answer.out.splitlines()[-1]


def test_next_command_of_a_plan_names_a_folder_that_is_free(
    headstart, shapes: Path, backbone: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = []
    for used in (None, "shapes", "shapes-2"):
        if used:
            (tmp_path / "runs" / used / "bundle").mkdir(parents=True)
        answer = headstart("plan", shapes, "--backbone", backbone, "--case", 1, "--force")
        said.append(answer.out.splitlines()[-1].partition("--plan plan.toml")[2])
    assert said == ["", " -o runs/shapes-2", " -o runs/shapes-3"]


def test_pictures_of_a_selection_split_count_as_learnt(headstart, backbone: Path, tmp_path: Path) -> None:
    """They choose epochs and arms, and a probe that is returned is solved on them too."""
    for split, seed in (("train", 1), ("val", 2), ("test", 3)):
        tree(tmp_path / "data" / split, names=("circle", "cross"), each=6, seed=seed)
    run = tmp_path / "run"
    assert headstart("train", tmp_path / "data", "--backbone", backbone, "-o", run, "--quiet").code == 0
    for split, learnt in (("train", 12), ("val", 12), ("test", 0)):
        answer = headstart("evaluate", run / "bundle", tmp_path / "data", "--split", split, "--json")
        assert json.loads(answer.out)["splits"][split]["trained_on"] == learnt


def _bytes_of(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("flags", [("--case", "1"), ("--case", "3", "--epochs", "1")])
def test_equal_commands_write_equal_bundles(headstart, shapes: Path, backbone: Path, tmp_path, flags) -> None:
    """Also within one process, whatever it did before."""
    for name in ("first", "second"):
        answer = headstart(
            "train", shapes, "--backbone", backbone, *flags, "-o", tmp_path / name, "--quiet", "--json"
        )
        assert answer.code == 0
    first, second = (_bytes_of(tmp_path / name / "bundle") for name in ("first", "second"))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.parametrize(("case", "begun"), [(1, 1), (3, 0)])
def test_nothing_is_imported_beside_a_training(
    headstart, shapes, backbone, tmp_path, monkeypatch, case, begun
):
    """It imports torch, and scikit-learn looks for torch while it is imported itself."""
    calls = []
    monkeypatch.setattr("headstart.job.train.make_ready", lambda: calls.append(1))
    command = ["train", shapes, "--backbone", backbone, "--case", case, "--epochs", 1, "-o", tmp_path / "run"]
    assert headstart(*command, "--quiet").code == 0
    assert len(calls) == begun

"""What is printed and written: in any encoding, to whoever listens, whatever names strangers gave."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from headstart import files
from headstart.cli import backbones, show
from headstart.cli.main import main
from headstart.data import write_quarantine
from headstart.data.dataset import BadPicture
from tests.cli.conftest import tree

NAMES = ("ünïcode → ± 🙂.png", "plain.png", "esc\x1b[31m\nline.png", os.fsdecode(b"odd-\xff.png"))
ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-8")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures with names as no one wants them."""
    folder = tmp_path_factory.mktemp("named")
    picture = tree(folder / "tree", names=("circle",), each=1) / "circle" / "00.png"
    (folder / "new").mkdir()
    for name in NAMES:
        shutil.copy(picture, folder / "new" / name)
    return folder / "new"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, bytes, bytes]]:
    """Runs one command with both streams in an encoding; (exit code, stdout, stderr)."""

    def run(encoding: str, *argv: object) -> tuple[int, bytes, bytes]:
        out, err = io.BytesIO(), io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding=encoding))
        monkeypatch.setattr("sys.stderr", io.TextIOWrapper(err, encoding=encoding))
        return main([str(arg) for arg in argv]), out.getvalue(), err.getvalue()

    return run


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_predict_prints_every_name_in_every_encoding(printed, trained: Path, named: Path, encoding: str):
    code, out, err = printed(encoding, "predict", trained / "bundle", named)
    assert (code, err) == (0, b"")
    text = out.decode(encoding)
    assert len(text.splitlines()) == len(NAMES)
    assert "\x1b" not in text
    assert "esc\\x1b[31m\\nline.png" in text
    assert "odd-\\udcff.png" in text
    assert ("-> +/- \\U0001f642" if encoding == "ascii" else "±") in text or encoding in ("latin-1", "cp1252")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_json_for_any_name_in_any_encoding(printed, trained: Path, named: Path, encoding: str):
    code, out, _ = printed(encoding, "predict", trained / "bundle", named, "--json")
    assert code == 0
    assert not any(byte < 0x20 and byte != 0x0A for byte in out)
    paths = {row["path"] for row in json.loads(out.decode(encoding))["predictions"]}
    assert paths == {str(named / name) for name in NAMES}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_csv_has_a_line_for_each_row_and_no_control_characters(printed, trained: Path, named: Path, encoding):
    code, out, _ = printed(encoding, "predict", trained / "bundle", named, "--csv", "--top", "1")
    assert code == 0
    assert not any(byte < 0x20 and byte != 0x0A for byte in out)
    rows = list(csv.DictReader(out.decode(encoding).splitlines()))
    assert len(rows) == len(NAMES)
    assert all(float(row["confidence"]) <= 1 for row in rows)


def test_a_terminal_s_eight_bit_controls_are_escaped_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    path = "a\x9b31m\x7f\u202eb\U000e0001"
    show.as_json({"path": path})
    out = capsys.readouterr().out
    assert "\\u009b31m\\u007f\\u202eb\\udb40\\udc01" in out
    assert json.loads(out) == {"path": path}


def test_train_and_evaluate_end_well_where_the_encoding_has_no_signs_of_ours(
    printed, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    code, out, _ = printed(
        "ascii",
        "train",
        shapes,
        "--backbone",
        backbone,
        "-o",
        tmp_path / "run",
        "--case",
        "3",
        "--epochs",
        "1",
    )
    assert code == 0
    assert b"report" in out
    assert printed("ascii", "evaluate", tmp_path / "run" / "bundle", shapes)[0] == 0
    code, drawn, _ = printed("cp1252", "inspect", tmp_path / "run" / "bundle")
    assert code == 0
    assert b"\\u25" not in drawn  # the drawing's signs have others in their place


def test_control_characters_of_folders_are_printed_nowhere(
    printed, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    esc, odd = "\x1b]0;x\x07", "\nheadstart: done\r"
    data = tmp_path / f"data{esc}{odd}"
    shutil.copytree(shapes, data)
    (data / "circle").rename(data / f"circle{esc}")
    (data / f"circle{esc}" / f"torn{odd}.png").write_bytes(b"")
    run, net = tmp_path / f"run{esc}{odd}", tmp_path / f"net{esc}"
    shutil.copytree(backbone, net)
    plan = tmp_path / f"plan{odd}.toml"
    commands = [
        ("plan", data, "--backbone", backbone, "-o", plan),
        ("train", data, "--backbone", backbone, "--case", "1", "-o", run),
        ("train", data, "--backbone", backbone, "--case", "1", "-o", run),
        ("evaluate", run / "bundle", data),
        ("predict", run / "bundle", data, data / f"none{esc}"),
        ("predict", run / "bundle", data, "--csv"),
        ("inspect", net),
        ("inspect", f"none{esc}"),
        (f"verb{esc}",),
        ("train", data, f"--flag{esc}"),
        ("train", data, "--case", esc),
    ]
    codes = []
    for command in commands:
        code, out, err = printed("utf-8", *command)
        codes.append(code)
        said = (out + err).decode()
        assert not [c for c in said if c != "\n" and not c.isprintable() and c != "\u202f"], command
        assert not [line for line in said.splitlines() if line.startswith("headstart: done")], command
    assert codes == [0, 0, 2, 0, 3, 3, 0, 2, 2, 2, 2]
    for name in ("predictions.csv", "quarantine.csv"):
        text = (run / name).read_text(encoding="utf-8")
        assert "\\x1b" in text
        assert not [c for c in text if c != "\n" and not c.isprintable()]
    assert "\x1b" not in (run / "bundle" / "README.md").read_text(encoding="utf-8")
    assert "\x1b" not in (run / "report.html").read_text(encoding="utf-8")


def test_classes_that_look_like_formulas_are_text_in_tables(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(shapes, data)
    (data / "circle").rename(data / "=1+1")
    (data / "cross").rename(data / "-2")
    run = tmp_path / "run"
    assert headstart("train", data, "--backbone", backbone, "--case", 1, "-o", run, "--quiet").code == 0
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as handle:
        assert {row["label"] for row in csv.DictReader(handle)} == {"'=1+1", "-2"}
    answer = headstart("predict", run / "bundle", data, "--csv")
    assert {row["label"] for row in csv.DictReader(answer.out.splitlines())} == {"'=1+1", "-2"}
    named = json.loads(headstart("predict", run / "bundle", data, "--json").out)
    assert {row["label"] for row in named["predictions"]} == {"=1+1", "-2"}


def test_files_take_names_that_are_no_utf_8(tmp_path: Path) -> None:
    odd = os.fsdecode(b"photos/\xff.png")
    write_quarantine(tmp_path / "quarantine.csv", [BadPicture(odd, "torn")])
    assert "photos/\\udcff.png,torn" in (tmp_path / "quarantine.csv").read_text(encoding="utf-8")
    files.write_json(tmp_path / "facts.json", {"path": odd})
    assert json.loads((tmp_path / "facts.json").read_text(encoding="utf-8")) == {"path": odd}
    files.append_line(tmp_path / "lines.txt", odd)
    assert (tmp_path / "lines.txt").read_text(encoding="utf-8") == "photos/\\udcff.png\n"


def test_a_run_may_lie_in_a_folder_whose_name_is_no_utf_8(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/run-\xff"))
    command = ("train", shapes, "--backbone", backbone, "--case", "1", "-o", folder, "--json")
    answer = headstart(*command)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["run"] == str(folder)
    assert headstart("predict", folder / "bundle", shapes).code == 0
    assert headstart(*command, "--resume").code == 0


def ran(code: str, **streams: object) -> subprocess.CompletedProcess[str]:
    """`backbones` with `code` for its work, in a process of its own."""
    program = (
        "import sys; from headstart import progress\nfrom headstart.cli import backbones, main, show\n"
        f"def run(args, session):\n    {code}; return 0\n"
        "backbones.run = run\nsys.argv[1:] = ['backbones']\nsys.exit(main.main())"
    )
    return subprocess.run([sys.executable, "-c", program], text=True, timeout=60, check=False, **streams)


def test_news_that_nobody_reads_do_not_end_the_work() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    work = "[progress.say('news' * 9999) for _ in range(3)]; show.out('done')"
    done = ran(work, stdout=subprocess.PIPE, stderr=writing)
    os.close(writing)
    assert (done.returncode, done.stdout) == (0, "done\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
def test_a_result_that_cannot_be_written_is_one_line() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = ran("show.out('done')", stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no space left" in done.stderr


def test_closed_streams_are_no_error() -> None:
    program = "show.out('done'); progress.say('news')"
    done = ran(program, preexec_fn=lambda: (os.close(1), os.close(2)))
    assert done.returncode == 0


def test_nothing_is_printed_past_the_door() -> None:
    """What is for people goes through cli/show.py, which makes it plain."""
    assert backbones.__file__ is not None
    folder = Path(backbones.__file__).parent
    for path in sorted(folder.parent.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert " print(" not in text, path
        assert "sys.stdout.write" not in text or path.name == "streams.py", path

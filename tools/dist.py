"""make dist: the sdist, the wheel made of it, what they hold, and the wheel used where nothing else is.

python -m tools.dist           builds into dist/, installs into an environment of its own, does the demo there
python -m tools.dist --light   builds the wheel in a temporary folder and imports it beside this environment
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "headstart"
MOST = 12_000_000  # bytes of the wheel
NEEDED = (
    "headstart/py.typed",
    "headstart/report/templates/report.css",
    "headstart/report/templates/report.html",
    "headstart/web/page.html",
    "headstart/web/tokens.css",
    "headstart/web/engine.js",
    "headstart/web/words.json",
    "headstart/backbone/shipped/small/model.safetensors",
    "headstart/backbone/shipped/demo-cnn/model.safetensors",
)
ABOUT = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--light", action="store_true", help="the wheel alone, with this environment's libraries"
    )
    light = parser.parse_args().light
    with tempfile.TemporaryDirectory(prefix="headstart-dist-") as place:
        folder = Path(place)
        wheel = _built(ROOT, folder, "wheel") if light else _through_sdist(folder)
        _check(wheel)
        _import_beside(wheel, folder) if light else _use(wheel, folder)


def _built(source: Path, target: Path, kind: str) -> Path:
    before = set(target.iterdir())
    _run([sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)], cwd=source)
    (made,) = set(target.iterdir()) - before
    return made


def _through_sdist(place: Path) -> Path:
    """The wheel of the sdist, so that the sdist is known to hold all that a build needs. Both are kept in dist/."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    sdist = _built(ROOT, dist, "sdist")
    print(f"{sdist.name}: {sdist.stat().st_size / 1e6:.2f} MB")
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    return _built(place / sdist.name.removesuffix(".tar.gz"), dist, "wheel")


def _check(wheel: Path) -> None:
    """The wheel holds the package's files, each of them, what stands about it, and nothing else."""
    size, names = wheel.stat().st_size, set(zipfile.ZipFile(wheel).namelist())
    about = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/"
    package = {p.relative_to(PACKAGE.parent).as_posix() for p in PACKAGE.rglob("*") if p.is_file()}
    package = {name for name in package if "__pycache__" not in name}
    expected = package | {f"{about}{name}" for name in ABOUT}
    assert names == expected, f"{wheel.name}: lacks {expected - names}, holds besides {names - expected}"
    assert names >= set(NEEDED), f"{wheel.name}: lacks {set(NEEDED) - names}"
    assert size <= MOST, f"{wheel.name}: {size:,} bytes, at most {MOST:,} expected"
    print(f"{wheel.name}: {size / 1e6:.2f} MB, {len(names)} files")


def _import_beside(wheel: Path, place: Path) -> None:
    """The wheel's own code, by the libraries of this environment."""
    target = place / "site"
    _pip(sys.executable, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel))
    code = "import headstart.cli.main as m; print(m.__file__); m.main(['backbones']); m.main(['--version'])"
    out = _run([sys.executable, "-c", code], cwd=place, env={**os.environ, "PYTHONPATH": str(target)})
    assert out.startswith(str(target)), f"{out.splitlines()[0]}: not the wheel's"
    print(out.splitlines()[-1])


def _use(wheel: Path, place: Path) -> None:
    """In an environment with nothing else in it: its version, and the demo from pictures to report."""
    venv.create(place / "venv", with_pip=True, system_site_packages=False)
    scripts = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
    (place / "pins").write_text("\n".join(_pins()), encoding="utf-8")
    _pip(str(scripts / "python"), "install", "--no-compile", "-c", str(place / "pins"), f"{wheel}[demo]")
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    bare["XDG_CACHE_HOME"] = str(place / "cache")
    headstart = str(scripts / "headstart")
    print(_run([headstart, "--version"], cwd=place, env=bare).strip())
    _run([headstart, "demo", "-o", "demo"], cwd=place, env=bare)
    report = place / "demo" / "report.html"
    print(f"headstart demo: a report of {report.stat().st_size / 1e3:.0f} kB")


def _pins() -> list[str]:
    """The lock's versions without hashes, which pip would ask of the wheel too."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+==[^ \\\n]+(?: ; [^\\\n]+)?)", lock, re.MULTILINE)


def _pip(python: str, *words: str) -> None:
    _run([python, "-m", "pip", "--disable-pip-version-check", "--quiet", *words])


def _run(command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()

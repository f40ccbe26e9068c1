"""What a wheel of mixtui holds, built as it is for those who will never see the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
RUN = "20261122-231502-synthetic-resnet18-a0.1-s0-k3f9"
SHIPPED = ("config.json", "meta.json", "events.jsonl", "steps.jsonl", "bins.jsonl", "predictions.npz")
LEFT_BEHIND = ("checkpoint.pt", "output.log", "heartbeat")
BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def build(what: str, source: Path, into: Path) -> Path:
    """Runs the build backend as pip does, without its network."""
    into.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{what}", into], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = into.iterdir()
    return built


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with one run that comes with mixtui, and with a person's own run."""
    source = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    shutil.copytree(CHECKOUT / "mixtui", source / "mixtui", symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "tests").mkdir()
    (source / "tests" / "test_config.py").touch()
    for folder in (source / "runs" / "reference" / RUN, source / "runs" / RUN):
        folder.mkdir(parents=True)
        for name in (*SHIPPED, *LEFT_BEHIND):
            (folder / name).write_text("{}")
    return source


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", source, tmp_path_factory.mktemp("wheel") / "dist")


def test_a_wheel_holds_what_mixtui_needs(wheel: Path, source: Path) -> None:
    names = names_in(wheel)
    assert {"mixtui/py.typed", "mixtui/ui/app.tcss"} <= names
    assert {f"mixtui/reference_runs/{RUN}/{name}" for name in SHIPPED} <= names
    assert {str(path.relative_to(source)) for path in (source / "mixtui").rglob("*.py")} <= names


def test_a_wheel_holds_nothing_else(wheel: Path) -> None:
    for name in names_in(wheel):
        assert name.startswith(("mixtui/", "mixtui-"))
        assert Path(name).name not in LEFT_BEHIND


def test_a_wheel_installs_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "mixtui = mixtui.cli.entry:main" in archive.read(entry_points).decode()


def test_a_wheel_made_from_an_sdist_is_the_same(wheel: Path, source: Path, tmp_path: Path) -> None:
    with tarfile.open(build("sdist", source, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.glob("mixtui-*")
    assert names_in(build("wheel", unpacked, tmp_path / "again")) == names_in(wheel)

"""`mixtui sweep --on slurm`: what cannot be asked for is two lines, and nothing is made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mixtui.cli.entry import main

GRID = ("--alphas", "0", "--dataset", "synthetic", "--device", "cpu")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a person works who has no configuration file yet; their own lies in `config`."""
    (tmp_path / "config").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name in ("config", "runs", "data"):
        monkeypatch.setenv(f"MIXTUI_{name.upper()}", str(tmp_path / name))
    return tmp_path


def refusal(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[str]:
    """The two lines in which a sweep is refused."""
    monkeypatch.setattr(sys, "argv", ["mixtui", "sweep", *GRID, *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.out == ""
    lines = told.err.splitlines()
    assert len(lines) == 2, told.err
    assert not (folder / "runs").exists()
    return lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--on", "kubernetes"), "--on 'kubernetes' is not known."),
        (("--partition", "main"), "These options are for Slurm"),
        (("--slurm", "mem=8G"), "These options are for Slurm"),
        (("--runs-per-task", "2"), "These options are for Slurm"),
        (("--at-once", "2"), "These options are for Slurm"),
        (("--on", "slurm", "--slurm", "mem"), "--slurm 'mem' has no value."),
        (("--on", "slurm", "--slurm", "array=0-9"), "mixtui sets sbatch's array itself."),
        (("--on", "slurm", "--slurm", "open_mode=append"), "mixtui sets sbatch's open-mode itself."),
        (("--on", "slurm", "--slurm", "--mem=8G"), "sbatch has no option '--mem'."),
        (("--on", "slurm", "--slurm", "comment=a\nb"), "The value of comment is"),
        (("--on", "slurm", "--slurm", "time=soon"), "'soon' is no time limit"),
        (("--on", "slurm", "--time", "2h"), "'2h' is no time limit of Slurm's."),
        (("--on", "slurm", "--runs-per-task", "0"), "--runs-per-task"),
        (("--on", "slurm", "--at-once", "-1"), "--at-once"),
        (("--on", "slurm", "--device", "cuda"), "--device cuda needs a GPU, and none is asked of Slurm."),
    ],
)
def test_bad_options(
    arguments: tuple[str, ...],
    words: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    what, hint = refusal(folder, monkeypatch, capsys, *arguments)
    assert words in what
    assert hint.strip()


@pytest.mark.parametrize(
    ("text", "words"),
    [("[slurm", "is not TOML"), ("slurm = 3", "is not a table"), ("[slurm]\ntime = 'x'", "'x' is no time limit")],
)
@pytest.mark.parametrize("whose", ["config/config.toml", "project/mixtui.toml"])
def test_a_bad_configuration_file_is_named(
    whose: str,
    text: str,
    words: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / whose).write_text(text)
    what, _ = refusal(folder, monkeypatch, capsys, "--on", "slurm")
    assert str(folder / whose) in what
    assert words in what


def test_without_on_slurm_its_configuration_is_not_even_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "project" / "mixtui.toml").write_text("[slurm")
    monkeypatch.setattr(sys, "argv", ["mixtui", "sweep", *GRID, "--dry-run"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "nothing is queued" in capsys.readouterr().err

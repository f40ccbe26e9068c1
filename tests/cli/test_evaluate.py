"""Evaluating runs on other test sets from the shell."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mixtui.store.files import read_json
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine, Mixtui


@pytest.fixture
def runs(finished: object, workplace: Path, tmp_path: Path) -> str:
    """A folder with a copy of the finished run."""
    shutil.copytree(workplace / "runs", tmp_path / "runs", ignore=shutil.ignore_patterns(".*"))
    return str(tmp_path / "runs")


def test_a_finished_run_is_evaluated_and_shown(mixtui: Mixtui, runs: str, workplace: Path) -> None:
    done = mixtui("evaluate", "latest", "--on", "contrast", "--on", "synthetic", "--json", "--runs-dir", runs)
    assert done.returncode == 0, done.stderr
    (document,) = json.loads(done.stdout)
    shown = json.loads(mixtui("show", "latest", "--json", "--runs-dir", runs).stdout)
    assert document == {"id": shown["id"], **shown["shifts"]}
    sets = document["sets"]
    assert [*sets] == ["test", *(f"contrast-{strength}" for strength in range(1, 6)), "synthetic"]
    for name in ("accuracy", "ece", "confidence"):
        assert sets["test"][name] == pytest.approx(shown["metrics"][name], abs=1e-4)
    assert sets["synthetic"]["accuracy"] == sets["test"]["accuracy"]
    assert sets["contrast-5"]["n"] == 2000
    text = mixtui("show", "latest", "--runs-dir", runs).stdout
    assert "contrast-5" in text
    assert "FPR 95 %" not in text  # which unknown classes alone have


def test_what_is_not_known_is_told_before_anything_is_evaluated(mixtui: Mixtui, runs: str) -> None:
    for arguments, words in (
        (["latest", "--on", "nois"], "Did you mean noise?"),
        (["latest", "--on", "folder:none"], "There is no folder"),
        (["none", "--on", "noise"], "No run is called 'none'."),
        (["--on", "noise"], "Which runs?"),
        (["latest"], "--on"),
        (["latest", "--on", "noise", "--device", "tpu"], "--device tpu is not known."),
    ):
        done = mixtui("evaluate", *arguments, "--runs-dir", runs)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 2


def test_of_several_runs_those_that_can_be_are_evaluated(mixtui: Mixtui, runs: str) -> None:
    (run,) = Path(runs).iterdir()
    bare = run.with_name(run.name[:-4] + "zzzz")
    shutil.copytree(run, bare)
    (bare / "checkpoint.pt").unlink()
    done = mixtui("evaluate", bare.name, run.name, "--on", "blur", "--runs-dir", runs)
    assert done.returncode == 2
    assert f"{bare.name} has no checkpoint." in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert run.name in done.stdout
    assert "blur-5" in done.stdout


def test_a_run_keeps_what_it_will_be_evaluated_on(quick: CommandLine, store: Store, tmp_path: Path) -> None:
    (quick.folder / "digits").mkdir(exist_ok=True)
    sets = ["--eval-on", "noise", "--eval-on", "folder:digits"]
    done = quick("run", "--alpha", "0.1", "--epochs", "1", "--detach", *sets)
    assert done.returncode == 0, done.stderr
    (run,) = store.run_dirs()
    control = read_json(run / "control.json")
    assert control is not None
    assert control["eval_on"] == ["noise", f"folder:{quick.folder.resolve() / 'digits'}"]
    wrong = quick("run", "--alpha", "0.1", "--eval-on", "nois")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (2, "mixtui: There is no test set named 'nois'.")

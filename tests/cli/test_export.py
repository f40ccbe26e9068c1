"""`mixtui export`: which runs, what of them, in which format, and where to."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mixtui.store.files import encode_json
from mixtui.store.paths import RunPaths
from tests.cli.conftest import CommandLine, environment
from tests.conftest import MakeEvent, MakeRun


@pytest.fixture
def runs(make_run: MakeRun, make_event: MakeEvent) -> list[RunPaths]:
    """Two runs of one epoch and two steps; α 0.1 and 0.2."""
    events = [make_event(kind) for kind in ("attempt", "data", "phase", "epoch", "end")]
    made = [make_run(events, claims=1, alpha=alpha) for alpha in (0.1, 0.2)]
    for paths in made:
        paths.steps.write_bytes(b"".join(encode_json({"attempt": 1, "step": n, "loss": 1.5}) for n in (1, 2)))
    return made


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_epochs_as_csv_are_what_it_prints(quick: CommandLine, runs: list[RunPaths]) -> None:
    done = quick("export", "--filter", "state:finished")
    assert (done.returncode, done.stderr) == (0, "")
    rows = rows_of(done.stdout)
    assert [(row["alpha"], row["epoch"], row["split"], row["ece"]) for row in rows] == [
        (alpha, "1", split, "0.25") for alpha in ("0.1", "0.2") for split in ("test", "train")
    ]
    assert quick("export", runs[1].id).stdout.splitlines() == [
        done.stdout.splitlines()[0],
        *done.stdout.splitlines()[3:],
    ]


def test_steps_and_json(quick: CommandLine, runs: list[RunPaths]) -> None:
    done = quick("export", runs[0].id, "--per", "step", "--format", "json", LANG="C")
    assert [(row["id"], row["step"], row["loss"], row["lr"]) for row in json.loads(done.stdout)] == [
        (runs[0].id, 1, 1.5, None),
        (runs[0].id, 2, 1.5, None),
    ]


@pytest.mark.parametrize(("name", "is_json"), [("a.csv", False), ("a.txt", False), ("a.JSON", True)])
def test_a_file_is_of_the_kind_that_its_name_says(
    quick: CommandLine, runs: list[RunPaths], tmp_path: Path, name: str, is_json: bool
) -> None:
    out = tmp_path / name
    out.write_text("before")
    done = quick("export", "--filter", "alpha:0.1", "--out", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    text = out.read_text()
    assert len(json.loads(text) if is_json else rows_of(text)) == 2


def test_a_link_stays_one(quick: CommandLine, runs: list[RunPaths], tmp_path: Path) -> None:
    link = tmp_path / "epochs.csv"
    link.symlink_to("elsewhere.csv")
    assert quick("export", runs[0].id, "--out", str(link)).returncode == 0
    assert link.is_symlink()
    assert len(rows_of((tmp_path / "elsewhere.csv").read_text())) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_output_without_room_is_no_error_of_its_own(quick: CommandLine, runs: list[RunPaths]) -> None:
    command, env = [sys.executable, "-m", "mixtui", "export", runs[0].id], environment(quick.folder, **quick.changes)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, cwd=quick.folder, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "mixtui: Not all could be written: No space left on device."
    assert len(done.stderr.splitlines()) == 2


def test_a_run_whose_steps_cannot_be_read_is_named_and_the_others_are_written(
    quick: CommandLine, runs: list[RunPaths], tmp_path: Path
) -> None:
    runs[0].steps.unlink()
    runs[0].steps.mkdir()
    out = tmp_path / "steps.csv"
    done = quick("export", "--filter", "state:finished", "--per", "step", "--out", str(out))
    assert (done.returncode, done.stdout) == (2, "")
    message, hint = done.stderr.splitlines()
    assert runs[0].id in message
    assert "steps.jsonl cannot be read" in message
    assert hint
    assert {row["id"] for row in rows_of(out.read_text())} == {runs[1].id}


def test_what_is_wrong_is_said_in_two_lines(quick: CommandLine, runs: list[RunPaths], tmp_path: Path) -> None:
    (runs[1].config).write_text('{"half": ')
    for arguments, words in (
        ((), "Which runs?"),
        (("--filter", "tag:stuyd"), "No run matches"),
        ((runs[1].id,), "config.json is not JSON"),
        (("latest", "--per", "bin"), "'bin' is not one of"),
        ((runs[0].id, "--out", str(tmp_path)), "is no plain file."),
        ((runs[0].id, "--out", "/dev/null"), "is no plain file."),
        ((runs[0].id, "--out", str(tmp_path / "none" / "x.csv")), "x.csv cannot be written: No such file"),
    ):
        done = quick("export", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert len(done.stderr.splitlines()) == 2
        assert words in done.stderr
    assert not [*tmp_path.glob(".*")]

"""`mixtui sweep`: queueing a grid of alphas and seeds."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine, Mixtui, wait_until

QUICK = ("--dataset", "synthetic", "--epochs", "2")
LONG = ("--dataset", "synthetic", "--epochs", "100000")


def runs_of(store: Store) -> list[Run]:
    return [Run.load(path) for path in store.run_dirs()]


def test_a_dry_run_prints_the_grid_and_makes_nothing(mixtui: Mixtui, tmp_path: Path) -> None:
    grid = ("--alphas", "0,0.1:0.3:0.1", "--seeds", "2", "--seed", "7", "--dataset", "synthetic", "--dry-run")
    done = mixtui("sweep", *grid, "--runs-dir", str(tmp_path / "runs"))
    assert done.returncode == 0
    points = [tuple(line.split()[1:4:2]) for line in done.stdout.splitlines()]
    assert points == [(alpha, seed) for seed in ("7", "8") for alpha in ("0", "0.1", "0.2", "0.3")]
    assert "8 runs" in done.stderr
    document = json.loads(mixtui("sweep", *grid, "--json", "--runs-dir", str(tmp_path / "runs")).stdout)
    assert [config["alpha"] for config in document["runs"]] == [0.0, 0.1, 0.2, 0.3] * 2
    assert document["skipped"] == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "--alphas"),
        (("--alphas", ""), "missing"),
        (("--alphas", "0,x"), "'x'"),
        (("--alphas", "0:1"), "'0:1'"),
        (("--alphas", "0:1:0"), "step"),
        (("--alphas", "0:1:1e-9"), "10000"),
        (("--alphas", "0", "--seeds", "0"), "--seeds"),
        (("--alphas", "0", "--retries", "-1"), "--retries"),
        (("--alphas", "0", "--tag", "a,b"), "'a,b'"),
        (("--alphas", "0", "--json", "--wait"), "--wait"),
        (("--alphas", "0", "--dataset", "folder:/nowhere"), "/nowhere"),
        (("--alphas", "0", "--runs-dir", "tiny.py/runs"), "--runs-dir"),
    ],
)
def test_bad_usage_is_two_lines_and_exit_code_2(
    mixtui: Mixtui, workplace: Path, arguments: tuple[str, ...], word: str
) -> None:
    before = sorted(workplace.glob("runs/2*"))
    done = mixtui("sweep", "--dataset", "synthetic", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert word in done.stderr
    assert sorted(workplace.glob("runs/2*")) == before


def test_it_leaves_out_what_is_there_and_numbers_the_studies(quick: CommandLine, store: Store) -> None:
    first = quick("sweep", "--alphas", "0,0.1", *LONG)
    ids = first.stdout.split()
    assert [run.id for run in runs_of(store)] == ids
    assert [run.config.alpha for run in runs_of(store)] == [0.0, 0.1]
    assert "2 runs queued, tagged study-1." in first.stderr

    second = quick("sweep", "--alphas", "0:0.2:0.1", *LONG)
    (new,) = second.stdout.split()
    assert Run.load(store.root / new).config.alpha == 0.2
    assert Run.load(store.root / new).tags == ("study-2",)
    assert "2 of this recipe are here already, tagged so too" in second.stderr
    assert [run.tags for run in runs_of(store)] == [("study-1", "study-2")] * 2 + [("study-2",)]  # one study

    third = quick("sweep", "--alphas", "0:0.2:0.1", *LONG)
    assert (third.returncode, third.stdout) == (0, "")
    assert "Nothing to queue." in third.stderr
    assert {run.tags for run in runs_of(store)} == {("study-1", "study-2"), ("study-2",)}

    document = json.loads(quick("sweep", "--alphas", "0.2,0.3", "--name", "mine", "--json", *LONG).stdout)
    assert document.keys() == {"ids", "skipped"}
    assert document["skipped"] == [new]
    (newest,) = document["ids"]
    assert Run.load(store.root / newest).tags == ("study-3",)
    assert Run.load(store.root / newest).meta["name"] == "mine"

    again = quick("sweep", "--alphas", "0,0.1", "--again", "--tag", "paper", "--tag", "talk", *LONG).stdout.split()
    assert len(again) == 2
    assert Run.load(store.root / again[0]).tags == ("paper", "talk")

    assert quick("stop", ids[1]).returncode == 0
    (replaced,) = quick("sweep", "--alphas", "0.1", "--tag", "x", *LONG, "--epochs", "99999").stdout.split()
    assert replaced not in ids
    assert quick("sweep", "--alphas", "0,0.1,0.2", "--dry-run", *LONG).stdout.count("here already") == 3


def test_waiting_for_it_ends_with_its_exit_code(quick: CommandLine, store: Store) -> None:
    done = quick("sweep", "--alphas", "0,0.4", "--wait", *QUICK)
    assert done.returncode == 0
    assert done.stdout.count("finished  epoch 2/2") == 2
    assert [run.status.state for run in runs_of(store)] == [State.FINISHED] * 2

    again = quick("sweep", "--alphas", "0,0.4", "--wait", *QUICK)
    assert again.returncode == 0
    assert again.stdout.count("finished  epoch 2/2") == 2

    waiting = quick.begin("sweep", "--alphas", "0,0.7", "--wait", *LONG)
    wait_until(lambda: any(run.status.state is State.RUNNING for run in runs_of(store)))
    assert quick("stop", "--filter", "state:live OR state:queued").returncode == 0
    output, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 1
    assert "stopped: Stopped before it started." in output


def test_ctrl_c_ends_the_waiting_alone(quick: CommandLine, store: Store) -> None:
    waiting = quick.begin("sweep", "--alphas", "0", "--wait", *LONG)
    wait_until(lambda: any(run.status.state is State.RUNNING for run in runs_of(store)))
    waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert "The runs go on" in errors
    assert [run.status.state for run in runs_of(store)] == [State.RUNNING]


def test_two_sweeps_at_once_share_the_work_and_no_tag(quick: CommandLine, store: Store) -> None:
    same = [quick.begin("sweep", "--alphas", "0:0.9:0.1", "--json", *LONG) for _ in range(2)]
    documents = [json.loads(process.communicate(timeout=30)[0]) for process in same]
    assert sorted(len(document["ids"]) for document in documents) == [0, 10]
    assert sorted(run.config.alpha for run in runs_of(store)) == [n / 10 for n in range(10)]

    others = [quick.begin("sweep", "--alphas", alphas, "--json", *LONG) for alphas in ("1,2,3", "4,5,6")]
    queued = [json.loads(process.communicate(timeout=30)[0])["ids"] for process in others]
    tags = [{Run.load(store.root / run_id).tags for run_id in ids} for ids in queued]
    assert sorted(tags, key=str) == [{("study-2",)}, {("study-3",)}]
    assert not list(store.root.glob(".2*"))


def test_ctrl_c_while_it_makes_the_runs_leaves_none(quick: CommandLine, store: Store) -> None:
    making = quick.begin("sweep", "--alphas", "0:2:0.001", *LONG)
    wait_until(lambda: len(store.run_dirs()) > 2)
    making.send_signal(signal.SIGINT)
    output, errors = making.communicate(timeout=60)
    assert making.returncode == 130
    assert (output, errors) == ("", "")
    assert not list(store.root.glob("*2*"))


def test_inside_a_slurm_job_it_says_that_the_runs_end_with_it(quick: CommandLine) -> None:
    done = quick("sweep", "--alphas", "0", *QUICK, SLURM_JOB_ID="4711")
    assert "Slurm job 4711" in done.stderr
    assert len(done.stdout.splitlines()) == 1

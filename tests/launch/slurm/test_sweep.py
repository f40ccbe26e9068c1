"""A sweep that is handed to Slurm, from the command line to the batch file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mixtui.cli.entry import main
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets
from tests.launch.slurm.conftest import Cluster, job_of

Refused = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def sweep(
    cluster: Cluster, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int | str | None]:
    """Runs `mixtui sweep --on slurm` over the given alphas; its exit code. No supervisor comes to life."""
    monkeypatch.setattr("mixtui.launch.queue.wake", lambda root: None)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name in ("config", "data"):
        monkeypatch.setenv(f"MIXTUI_{name.upper()}", str(tmp_path / name))

    def run(alphas: str, *options: str) -> int | str | None:
        grid = ("--alphas", alphas, "--dataset", "synthetic", "--runs-dir", str(store.root))
        monkeypatch.setattr(sys, "argv", ["mixtui", "sweep", *grid, "--on", "slurm", *options])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    return run


def runs_of(store: Store) -> list[Run]:
    return [Run.load(path) for path in store.run_dirs()]


def test_it_is_one_array_and_its_runs_are_queued(
    sweep: Callable[..., int], cluster: Cluster, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--partition", "main", "--gres", "gpu:1", "--slurm", "mem=8G", "--time", "2:00:00", "--at-once", "2")
    assert sweep("0,0.1,0.2", *options) == 0
    runs = runs_of(store)
    assert capsys.readouterr().out.split() == [run.id for run in runs]
    assert [job_of(run.paths).id for run in runs] == ["100_0", "100_1", "100_2"]
    assert {(run.status.state, run.config.device) for run in runs} == {(State.QUEUED, "cuda")}
    assert Tickets(store.root, "slurm").ids() == {run.id for run in runs}
    (batch,) = cluster.batches
    for line in ("partition=main", "gres=gpu:1", "mem=8G", "time=2:00:00", "array=0-2%2"):
        assert f"#SBATCH --{line}\n" in batch


def test_the_command_line_goes_before_the_projects_file_and_that_before_the_persons(
    sweep: Callable[..., int], cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text('[slurm]\naccount = "mine"\nqos = "mine"\npartition = "mine"\n')
    Path("mixtui.toml").write_text('[slurm]\nqos = "ours"\npartition = "ours"\nruns_per_task = 2\n')
    assert sweep("0,0.1", "--partition", "this") == 0
    (batch,) = cluster.batches
    for line in ("account=mine", "qos=ours", "partition=this"):
        assert f"#SBATCH --{line}\n" in batch
    assert "--array" not in batch  # both runs are in one job


def test_what_slurm_refuses_is_two_lines_and_leaves_nothing(
    sweep: Callable[..., int], cluster: Cluster, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.fails("sbatch", "sbatch: error: Batch job submission failed: Invalid account\n")
    assert sweep("0,0.1") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 2, told.err
    assert "Invalid account" in told.err
    assert store.run_dirs() == []


def test_what_is_here_already_is_not_handed_over_again(
    sweep: Callable[..., int], cluster: Cluster, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep("0,0.1") == 0
    assert sweep("0,0.1,0.2") == 0
    assert "2 of this recipe are here already" in capsys.readouterr().err
    assert [job_of(run.paths).id for run in runs_of(store)] == ["100_0", "100_1", "101"]


def test_a_dry_run_asks_slurm_nothing(sweep: Callable[..., int], cluster: Cluster, store: Store) -> None:
    assert sweep("0,0.1", "--dry-run") == 0
    assert not (cluster.folder / "calls").exists()
    assert not store.root.exists()

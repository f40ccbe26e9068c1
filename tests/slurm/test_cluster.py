"""The test cluster stands for itself, and leaves nothing behind."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from tests.slurm.cluster import Cluster
from tests.slurm.cluster import cluster as started_cluster


def test_two_run_at_once_and_nothing_of_one_outlives_it(cluster: Cluster, tmp_path: Path) -> None:
    with started_cluster(tmp_path) as other:
        submit(other, tmp_path, "setsid sleep 600 & srun sh -c 'echo started > log; sleep 600'")
        other.wait_until((tmp_path / "log").exists)
        assert processes_of(tmp_path)

    assert not processes_of(tmp_path)
    assert cluster.node_state() == "idle"


def submit(cluster: Cluster, folder: Path, command: str, *options: str) -> str:
    """The id of a new job that runs `command` in `folder`."""
    return cluster.run("sbatch", "--parsable", f"--chdir={folder}", *options, f"--wrap={command}").strip()


def processes_of(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in f"{process.exe()} {process.cmdline()} {process.environ()}":
                found.append(process)
    return found

"""Sweeps on a cluster, from their submission to their end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixtui.store.paths import RunPaths
from tests.slurm.cluster import CPUS
from tests.slurm.workplace import Workplace, job_of

SIX = "0,0.1,0.2,0.4,0.7,1"
SYNTHETIC = ("--dataset", "synthetic", "--model", "tiny:network", "--epochs", "1", "--batch-size", "500")
QUICK_RECIPE = ("--dataset", "synthetic", "--model", "tiny:network")  # of the workplace `quick`, 20 epochs a second
LONG = ("--epochs", "9999")  # to be ended


@pytest.mark.timeout(240)
def test_six_alphas_train_to_their_end(workplace: Workplace, slow: Path) -> None:
    runs = workplace.sweep(SIX, *SYNTHETIC)

    assert sorted(map(array_index, runs)) == list(range(6))  # one job a run
    workplace.until_states(runs, *["running"] * CPUS, *["queued"] * (6 - CPUS))
    workplace.show("queued", "Resources", "running")
    slow.unlink()
    workplace.call("wait", *(paths.id for paths in runs))
    for run in workplace.listed().values():
        assert run["metrics"]["ece"] is not None
        assert run["launcher"] == "slurm"
    assert len(re.findall("finished", workplace.call("list"))) == 6
    workplace.show("finished")
    assert workplace.call("queue") == "Nothing trains, and nothing waits.\n"


def test_several_runs_share_a_job(quick: Workplace) -> None:
    runs = quick.sweep(SIX, *QUICK_RECIPE, *LONG, "--runs-per-task", "3")
    assert list(map(array_index, runs)) == [0, 0, 0, 1, 1, 1]
    quick.until_states(runs, "running")

    quick.call("stop", runs[0].id)
    quick.until_states(runs, "stopped: requested", *["running"] * 5)
    quick.call("stop", *(paths.id for paths in runs[2:]))
    quick.until_states(runs, "stopped: requested", "running", *["stopped: requested"] * 4)
    quick.until(lambda: quick.cluster.queue() == [job_of(runs[1])])


def test_as_many_at_once_as_was_asked_for(quick: Workplace) -> None:
    first, second, third = runs = quick.sweep("0,0.1,0.2", *QUICK_RECIPE, *LONG, "--at-once", "1")
    quick.until_states(runs, "running", "queued", "queued")
    quick.until(lambda: quick.waits_for(third) == "JobArrayTaskLimit")
    assert re.search("queued: JobArrayTaskLimit.* 0.2 ", quick.call("list"))
    quick.show("queued", "JobArra", "running")

    quick.call("stop", second.id)
    quick.until(lambda: job_of(second) not in quick.cluster.queue())
    quick.until_states(runs, "running", "stopped: requested", "queued")
    quick.call("stop", first.id)
    quick.until_states(runs, "stopped: requested", "stopped: requested", "running")


def test_what_slurm_refuses_leaves_nothing_behind(quick: Workplace) -> None:
    done = quick.mixtui("sweep", "--alphas", SIX, *QUICK_RECIPE, "--on", "slurm", "--partition", "nope")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert "Invalid partition" in done.stderr
    assert "No runs" in quick.call("list")


def array_index(paths: RunPaths) -> int:
    return int(job_of(paths).partition("_")[2])

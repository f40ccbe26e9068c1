"""Jobs that a person takes back, a controller that does not answer, a supervisor that is killed."""

from __future__ import annotations

import re

import psutil
import pytest

from mixtui.launch.wake import note_of
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.state_glyphs import state_word
from tests.slurm.test_sweeps import LONG, QUICK_RECIPE
from tests.slurm.workplace import Workplace, job_of


def test_jobs_are_cancelled_and_their_runs_resumed_or_tried_again(quick: Workplace) -> None:
    runs = quick.sweep("0,0.1", *QUICK_RECIPE, *LONG, "--at-once", "1")
    trains, waits = runs
    quick.until(lambda: quick.state_of(trains) == "running" and Run.load(trains.root).epoch >= 1)

    first_job = job_of(trains)
    quick.cluster.run("scancel", job_of(waits), first_job)
    quick.until_states(runs, "stopped: cancelled")
    assert len(re.findall("cancelled", quick.call("list"))) == 2
    quick.show(state_word("stopped", "cancelled", short=True))

    done = Run.load(trains.root).epoch
    quick.call("resume", trains.id, "--detach")
    quick.until_states(runs, "running", "stopped: cancelled")
    assert job_of(trains) != first_job
    assert Run.load(trains.root).history.rewinds[-1].from_step == done
    (anew,) = quick.call("retry", waits.id).split()
    quick.until_states([RunPaths(quick.store.root / anew)], "running")
    quick.call("remove", waits.id)
    assert quick.listed().keys() == {trains.id, anew}


@pytest.mark.timeout(240)
def test_runs_go_on_without_controller_and_supervisor(quick: Workplace) -> None:
    runs = quick.sweep("0,0.1", *QUICK_RECIPE, *LONG, "--at-once", "1")
    trains = runs[0]
    quick.until_states(runs, "running", "queued")

    quick.cluster.stop_controller()
    quick.until(lambda: "squeue failed" in note_of(quick.store.root))
    assert "squeue failed" in quick.call("queue")
    epoch = Run.load(trains.root).epoch
    quick.until(lambda: Run.load(trains.root).epoch > epoch)
    quick.until_states(runs, "running", "queued")

    kill_supervisor(quick)
    quick.cluster.mend()
    quick.call("queue")  # any command starts another
    quick.until(lambda: not note_of(quick.store.root))
    quick.call("stop", trains.id)
    quick.until_states(runs, "stopped: requested", "running")


def kill_supervisor(workplace: Workplace) -> None:
    wanted = ["mixtui.launch.supervisor", str(workplace.store.root)]
    processes = psutil.process_iter(["cmdline"])
    (supervisor,) = [process for process in processes if (process.info["cmdline"] or [])[-2:] == wanted]
    supervisor.kill()
    psutil.wait_procs([supervisor], timeout=10)

"""Slurm as one of the launchers: what it is asked for, what it is handed, what is taken back."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.launch.launchers import launcher_of, looked_after, watching_launchers
from mixtui.launch.local_launcher import LocalLauncher
from mixtui.launch.queue import (
    asking_to_end,
    enqueue,
    enqueue_new,
    is_left_over,
    pick_up_left_over,
    put_first,
    retry,
    want_again,
)
from mixtui.launch.slurm.launcher import SlurmLauncher
from mixtui.launch.slurm.settings import SlurmSettings
from mixtui.store.control import change_control, read_control, want
from mixtui.store.job import Job, write_job
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets
from tests.launch.slurm.conftest import Cluster, job_of, status_of

MakeEvent = Callable[..., dict[str, object]]
MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]
Wanted = Callable[..., RunPaths]

GPU = SlurmSettings({"gres": "gpu:1"})
ELSEWHERE = replace(this_process(), host="node1", boot_id="another").to_json()


# What is asked for


@pytest.mark.parametrize(
    ("settings", "device", "runs", "resolved"),
    [
        (SlurmSettings(), "auto", 6, ("cpu", 1)),
        (SlurmSettings({"cpus-per-task": "8"}), "cpu", 6, ("cpu", 8)),
        (SlurmSettings({"cpus-per-task": "8"}, runs_per_task=4), "auto", 6, ("cpu", 2)),
        (SlurmSettings({"cpus-per-task": "8"}, runs_per_task=4), "auto", 1, ("cpu", 8)),
        (SlurmSettings({"cpus-per-task": "2"}, runs_per_task=4), "auto", 6, ("cpu", 1)),
        (GPU, "auto", 6, ("cuda", 1)),
        (GPU, "cpu", 6, ("cpu", 1)),
        (GPU, "cuda", 6, ("cuda", 1)),
    ],
)
def test_a_device_is_what_was_asked_of_slurm(
    settings: SlurmSettings, device: str, runs: int, resolved: tuple[str, int]
) -> None:
    assert SlurmLauncher(settings).resolve(device, runs) == resolved


def test_a_gpu_must_be_asked_for(refused: Refused) -> None:
    with refused("--device cuda needs a GPU, and none is asked of Slurm."):
        SlurmLauncher().resolve("cuda", 1)
    with refused("needs a GPU"):
        SlurmLauncher().check(RunConfig(alpha=0.1, device="cuda"))
    SlurmLauncher(GPU).check(RunConfig(alpha=0.1, device="cuda"))


def test_a_run_says_who_has_it_and_what_that_was_told() -> None:
    told = SlurmLauncher(GPU).wants(RunConfig(alpha=0.1), 3)
    assert (told["want"], told["priority"], told["python"]) == ("run", 3, sys.executable)
    assert "host" not in told
    assert launcher_of(told) == SlurmLauncher(GPU)


def test_a_run_that_names_no_launcher_is_of_this_host_and_an_unknown_one_is_refused(refused: Refused) -> None:
    assert launcher_of({}) == LocalLauncher()
    assert launcher_of({"launcher": "slurm"}) == SlurmLauncher()
    with refused("There is no launcher 'ray' here."):
        launcher_of({"launcher": "ray"})
    with refused("runs_per_task"):
        launcher_of({"launcher": "slurm", "launcher_options": {"runs_per_task": 0}})


def test_a_host_without_slurm_watches_its_own_runs_alone(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(watching_launchers()) == [LocalLauncher(), SlurmLauncher()]
    monkeypatch.setenv("PATH", "/nowhere")
    assert list(watching_launchers()) == [LocalLauncher()]


# Handing over


def test_runs_are_handed_to_their_launchers_and_get_tickets_there(
    cluster: Cluster, wanted: Wanted, make_run: MakeRun, store: Store
) -> None:
    theirs, other, ours = wanted(), wanted(), make_run()
    alone = wanted(SlurmSettings({"mem": "8G"}))
    enqueue([theirs, ours, alone, other])
    assert [job_of(paths).id for paths in (theirs, other, alone)] == ["100_0", "100_1", "101"]
    assert Tickets(store.root, "slurm").ids() == {theirs.id, other.id, alone.id}
    assert Tickets(store.root).ids() == {ours.id}
    assert looked_after(store.root) == {theirs.id, other.id, alone.id, ours.id}


def test_on_a_host_called_slurm_the_tickets_are_still_two_kinds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "slurm")
    Tickets(store.root, "slurm").add("theirs")
    assert Tickets(store.root).ids() == set()


def test_new_runs_that_slurm_refuses_are_gone(cluster: Cluster, wanted: Wanted, store: Store, refused: Refused) -> None:
    cluster.fails("sbatch", "sbatch: error: Invalid account")
    runs = [wanted(), wanted()]
    with refused("Invalid account"):
        enqueue_new(runs)
    assert store.run_dirs() == []
    assert looked_after(store.root) == set()


def test_new_runs_that_slurm_refuses_are_gone_even_where_no_supervisor_starts(
    cluster: Cluster, wanted: Wanted, store: Store, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wake(root: Path) -> None:
        raise MixtuiError("The supervisor cannot be started.", "")

    monkeypatch.setattr("mixtui.launch.queue.wake", wake)
    cluster.fails("sbatch", "sbatch: error: Invalid account")
    with refused("Invalid account"):
        enqueue_new([wanted()])
    assert store.run_dirs() == []


def test_what_slurm_refuses_takes_no_run_of_this_host_along(
    cluster: Cluster, wanted: Wanted, make_run: MakeRun, store: Store, refused: Refused
) -> None:
    cluster.fails("sbatch", "sbatch: error: Invalid account")
    ours, theirs, later = make_run(), wanted(), make_run()
    with refused("Invalid account"):
        enqueue_new([ours, theirs, later])
    assert set(store.run_dirs()) == {ours.root, later.root}
    assert Tickets(store.root).ids() == {ours.id, later.id}


def test_what_slurm_refuses_stays_in_the_queue_where_it_was_before_and_the_others_are_handed_over(
    cluster: Cluster, wanted: Wanted, make_run: MakeRun, store: Store, refused: Refused
) -> None:
    cluster.fails("sbatch", "sbatch: error: Invalid account")
    theirs, ours = wanted(), make_run()
    with refused("Invalid account"):
        enqueue([theirs, ours])
    assert set(store.run_dirs()) == {theirs.root, ours.root}
    assert Tickets(store.root).ids() == {ours.id}


def test_of_new_runs_those_that_slurm_took_before_it_refused_stay_and_are_looked_after(
    cluster: Cluster, wanted: Wanted, store: Store, refused: Refused
) -> None:
    (cluster.folder / "bin" / "scontrol").write_text("#!/bin/sh\necho MaxArraySize = 2\n")  # arrays of one
    sbatch = cluster.folder / "bin" / "sbatch"
    sbatch.write_text(f"#!/bin/sh\nmkdir {cluster.folder}/once && echo Submitted batch job 100\n")
    runs = [wanted(), wanted()]
    with refused("Slurm refused the runs"):
        enqueue_new(runs)
    assert store.run_dirs() == [runs[0].root]
    assert looked_after(store.root) == {runs[0].id}


# Taking back


@pytest.mark.parametrize("what", ["stop", "pause"])
def test_a_run_that_waits_alone_in_its_job_is_taken_back(what: str, cluster: Cluster, wanted: Wanted) -> None:
    paths = wanted()
    enqueue([paths])
    with asking_to_end(what) as ask:
        ask(Run.load(paths.root))  # type: ignore[arg-type]
    assert cluster.calls("scancel")[0][-1] == "100"
    assert status_of(paths).state is {"stop": State.STOPPED, "pause": State.PAUSED}[what]


def test_jobs_of_many_runs_are_taken_back_in_one_call(
    cluster: Cluster, wanted: Wanted, make_run: MakeRun, refused: Refused, make_event: MakeEvent
) -> None:
    runs = [wanted() for _ in range(3)]
    ended = make_run([make_event("attempt"), make_event("end")], claims=1)
    enqueue(runs)
    with asking_to_end("stop") as ask:
        for paths in runs:
            ask(Run.load(paths.root))
        with refused("is finished already"):
            ask(Run.load(ended.root))
        assert cluster.calls("scancel") == []
    (arguments,) = cluster.calls("scancel")
    assert arguments[-3:] == ["100_0", "100_1", "100_2"]
    assert {job_of(paths).reason for paths in runs} == {"cancelled"}
    assert {status_of(paths).state for paths in runs} == {State.STOPPED}


def test_a_spoilt_run_does_not_keep_the_others_jobs(cluster: Cluster, wanted: Wanted) -> None:
    spoilt, other = wanted(), wanted()
    enqueue([spoilt, other])
    with asking_to_end("stop") as ask:
        for paths in (spoilt, other):
            ask(Run.load(paths.root))
        spoilt.control.write_text("{")
    (arguments,) = cluster.calls("scancel")
    assert arguments[-1] == job_of(other).id
    assert status_of(other).state is State.STOPPED


def test_a_run_that_was_taken_back_and_is_wanted_again_at_once_has_another_job(
    cluster: Cluster, wanted: Wanted
) -> None:
    paths = wanted()
    enqueue([paths])
    with asking_to_end("stop") as ask:
        ask(Run.load(paths.root))
    assert want_again(Run.load(paths.root)) == 1
    enqueue([paths])  # before any watch saw how the first job ended
    assert job_of(paths) == Job(1, "Slurm", "101", "waiting")
    assert status_of(paths).state is State.QUEUED


def test_a_job_that_others_wait_in_too_is_left(cluster: Cluster, wanted: Wanted) -> None:
    settings = SlurmSettings(runs_per_task=2)
    runs = [wanted(settings), wanted(settings)]
    enqueue(runs)
    with asking_to_end("stop") as ask:
        ask(Run.load(runs[0].root))
    assert cluster.calls("scancel") == []
    assert [status_of(paths).state for paths in runs] == [State.STOPPED, State.QUEUED]
    want_again(Run.load(runs[0].root))
    enqueue(runs)
    assert len(cluster.batches) == 1  # its place in the job is still its own


def test_a_run_that_trains_is_told_through_its_folder(cluster: Cluster, wanted: Wanted, make_event: MakeEvent) -> None:
    paths = wanted(events=[make_event("attempt", **ELSEWHERE), make_event("phase")], claims=1)
    write_job(paths, Job(1, "Slurm", "100", "running"))
    with asking_to_end("stop") as ask:
        ask(Run.load(paths.root))
    assert cluster.calls("scancel") == []
    assert read_control(paths)["want"] == "stop"
    assert status_of(paths).state is State.STOPPING


@pytest.mark.parametrize("trouble", ["scancel fails", "no scancel", "spoilt"])
def test_what_cannot_be_taken_back_is_left_out_when_its_turn_comes(
    trouble: str, cluster: Cluster, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = wanted()
    enqueue([paths])
    run = Run.load(paths.root)
    if trouble == "scancel fails":
        cluster.fails("scancel", "scancel: error: Kill job error")
    elif trouble == "no scancel":
        cluster.lacks("scancel")
        monkeypatch.setenv("PATH", str(cluster.folder / "bin"))
    else:
        paths.job.write_text("{")
    want(paths, "stop")
    SlurmLauncher().hasten_ends([run])
    if trouble != "spoilt":
        assert job_of(paths).phase == "waiting"
        assert status_of(paths).state is State.STOPPED


# Going on, and beginning anew


def test_a_run_that_waits_for_its_next_turn_keeps_its_place(cluster: Cluster, wanted: Wanted) -> None:
    paths = wanted()
    enqueue([paths])
    assert want_again(Run.load(paths.root)) == 1
    enqueue([paths])
    assert len(cluster.batches) == 1


def test_a_resumed_run_and_a_retried_one_ask_slurm_for_the_same(
    cluster: Cluster, wanted: Wanted, make_event: MakeEvent
) -> None:
    paths = wanted(GPU, events=[make_event("attempt"), make_event("end", state="stopped")], claims=1)
    assert want_again(Run.load(paths.root)) == 2
    enqueue([paths])
    assert job_of(paths) == Job(2, "Slurm", "100", "waiting")
    with asking_to_end("stop") as ask:
        ask(Run.load(paths.root))
    new = retry(Run.load(paths.root))
    enqueue_new([new])
    assert job_of(new).id == "101"
    assert all("--gres=gpu:1" in batch for batch in cluster.batches)


def test_what_waits_in_slurms_queue_has_its_place_there(cluster: Cluster, wanted: Wanted, refused: Refused) -> None:
    paths = wanted()
    enqueue([paths])
    run = Run.load(paths.root)
    with refused("has its place in the scheduler's queue"):
        put_first([run], [run])


# Left over


def make_old(root: Path) -> None:
    os.utime(root, (1e9, 1e9))


def test_a_run_that_somebody_was_killed_over_gets_a_slurm_ticket(
    cluster: Cluster, wanted: Wanted, store: Store
) -> None:
    paths = wanted()
    make_old(paths.root)
    assert is_left_over(Run.load(paths.root))
    pick_up_left_over(store, [paths.id])
    assert Tickets(store.root, "slurm").ids() == {paths.id}
    assert Tickets(store.root).ids() == set()


def test_a_run_of_a_launcher_that_this_version_lacks_does_not_keep_others(
    cluster: Cluster, wanted: Wanted, store: Store
) -> None:
    odd, good = wanted(launcher="ray"), wanted()
    for paths in (odd, good):
        make_old(paths.root)
    pick_up_left_over(store, [odd.id, good.id])
    assert looked_after(store.root) == {good.id}


def submitted(runs: Sequence[RunPaths]) -> list[str]:
    return [job_of(paths).id for paths in runs]


def test_tickets_of_a_folder_that_cannot_be_written_are_an_error_for_a_person(
    cluster: Cluster, wanted: Wanted, store: Store, refused: Refused
) -> None:
    paths = wanted()
    (store.root / f".jobs-slurm.{os.getuid()}").write_text("a file is in the way")
    with refused("cannot be queued"):
        enqueue([paths])
    assert submitted([paths]) == ["100"]


def test_what_is_changed_in_control_json_is_what_the_next_job_is_asked_for(cluster: Cluster, wanted: Wanted) -> None:
    paths = wanted()
    change_control(paths, launcher_options={"options": {"mem": "64G"}})
    enqueue([paths])
    assert "--mem=64G" in cluster.batches[0]

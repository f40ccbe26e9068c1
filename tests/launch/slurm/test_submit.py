"""The batch files that submitit writes for us, and which runs they are for."""

from __future__ import annotations

import pickle
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from submitit import SlurmExecutor
from submitit.core.utils import DelayedSubmission

from mixtui.launch.launcher import NotSubmittedError
from mixtui.launch.slurm import submit as submit_module
from mixtui.launch.slurm.commands import ClusterFacts, ask_cluster
from mixtui.launch.slurm.settings import SlurmSettings
from mixtui.launch.slurm.submit import submit_jobs
from mixtui.launch.slurm.task import Task
from mixtui.lock import Lock
from mixtui.store.control import read_control
from mixtui.store.files import write_json
from mixtui.store.job import JOB_FILES, Job, write_job
from mixtui.store.paths import RunPaths
from mixtui.store.status import State
from mixtui.store.store import Store
from tests.launch.slurm.conftest import Cluster, job_of, status_of

Refused = Callable[[str], AbstractContextManager[None]]
Wanted = Callable[..., RunPaths]


def options_of(batch: str) -> dict[str, str]:
    """What a batch file asks of sbatch."""
    words = [shlex.split(line.removeprefix("#SBATCH ")) for line in batch.splitlines() if line.startswith("#SBATCH ")]
    assert all(len(word) == 1 for word in words)
    return {name.removeprefix("--"): value for name, _, value in (word[0].partition("=") for word in words)}


def command_of(batch: str) -> list[str]:
    """The last command of a batch file."""
    return shlex.split([line for line in batch.splitlines() if line][-1])


def runs_of(store: Store, job: str) -> list[str]:
    """The ids of the runs that a job was given."""
    task = DelayedSubmission.load(store.root / JOB_FILES / f"{job}_submitted.pkl").function
    assert isinstance(task, Task)
    return [paths.id for paths in task._paths]


def submit(runs: Iterable[RunPaths], settings: SlurmSettings | None = None) -> None:
    submit_jobs(list(runs), settings or SlurmSettings())


# What Slurm is asked for


def test_a_sweep_is_one_array_of_a_job_a_run(cluster: Cluster, wanted: Wanted, store: Store) -> None:
    runs = [wanted() for _ in range(3)]
    submit(runs)
    (batch,) = cluster.batches
    options = options_of(batch)
    assert options["array"] == "0-2%3"
    assert [job_of(paths) for paths in runs] == [Job(1, "Slurm", f"100_{n}", "waiting") for n in range(3)]
    assert [runs_of(store, f"100_{n}") for n in range(3)] == [[paths.id] for paths in runs]
    assert {status_of(paths).state for paths in runs} == {State.QUEUED}
    assert status_of(runs[0]).sentence == "Waits as Slurm job 100_0."


def test_a_job_is_asked_to_save_and_is_queued_again_and_its_output_is_kept(
    cluster: Cluster, wanted: Wanted, store: Store
) -> None:
    submit([wanted()], SlurmSettings({"time": "2:00:00"}))
    (batch,) = cluster.batches
    options = options_of(batch)
    assert (options["time"], options["signal"], options["job-name"]) == ("2:00:00", "USR2@90", "mixtui")
    assert "requeue" in options
    assert options["open-mode"] == "append"
    assert Path(options["output"]).parent == store.root / JOB_FILES
    assert "error" not in options
    assert "array" not in options
    command = command_of(batch)
    assert command[:2] == ["srun", "--unbuffered"]
    assert command[-5:] == [sys.executable, "-u", "-m", "submitit.core._submit", str(store.root / JOB_FILES)]
    assert "export PYTHONSAFEPATH=1" in batch.splitlines()


@pytest.mark.parametrize(("time", "signal"), [("1", 20), ("2", 40), ("4:00", 80), ("5", 90), ("1-0", 90)])
def test_of_a_short_time_a_third_is_left_for_saving(time: str, signal: int, cluster: Cluster, wanted: Wanted) -> None:
    submit([wanted()], SlurmSettings({"time": time}))
    assert options_of(cluster.batches[0])["signal"] == f"USR2@{signal}"


def test_any_option_of_sbatch_goes_through_as_it_is(cluster: Cluster, wanted: Wanted) -> None:
    odd = 'it\'s; $(touch /tmp/x) `id` "#" * 100 %'
    submit([wanted()], SlurmSettings({"comment": odd, "partition": "main", "cpus-per-task": "4", "mem": "8G"}))
    options = options_of(cluster.batches[0])
    assert (options["comment"], options["partition"], options["mem"]) == (odd, "main", "8G")
    assert options["cpus-per-task"] == "4"
    assert "--cpus-per-task=4" in command_of(cluster.batches[0])


def test_several_runs_share_a_job_and_few_jobs_run_at_once(cluster: Cluster, wanted: Wanted, store: Store) -> None:
    runs = [wanted() for _ in range(5)]
    submit(runs, SlurmSettings({}, runs_per_task=2, at_once=1))
    assert options_of(cluster.batches[0])["array"] == "0-2%1"
    assert [len(runs_of(store, f"100_{n}")) for n in range(3)] == [2, 2, 1]
    assert [job_of(paths).id for paths in runs] == ["100_0", "100_0", "100_1", "100_1", "100_2"]


@pytest.mark.parametrize("said", ["MaxArraySize            = 3", "SlurmctldPort = 6817\nMaxArraySize = 3\n"])
def test_an_array_is_no_larger_than_the_cluster_lets(said: str, cluster: Cluster, wanted: Wanted) -> None:
    cluster.says("scontrol", said)
    runs = [wanted() for _ in range(5)]
    submit(runs)
    assert [options_of(batch).get("array") for batch in cluster.batches] == ["0-1%2", "0-1%2", None]
    assert [job_of(paths).id for paths in runs] == ["100_0", "100_1", "101_0", "101_1", "102"]


@pytest.mark.parametrize("said", ["", "MaxArraySize = many", None])
def test_a_cluster_that_does_not_say_has_slurms_own_limit(said: str | None, cluster: Cluster) -> None:
    if said is None:
        cluster.fails("scontrol", "no")
    else:
        cluster.says("scontrol", said)
    assert ask_cluster() == ClusterFacts("", 1000)


def test_each_python_has_jobs_of_its_own(cluster: Cluster, wanted: Wanted, tmp_path: Path) -> None:
    odd = str(tmp_path / "my env; rm -rf" / "python")
    path = f"{tmp_path}/it's mine:$HOME"
    submit([wanted(python=odd, pythonpath=path), wanted(pythonpath=None), wanted(pythonpath="")])
    (first,) = (batch for batch in cluster.batches if odd in command_of(batch))
    assert f"export PYTHONPATH={shlex.quote(path)}" in first.splitlines()
    others = [batch for batch in cluster.batches if batch != first]
    assert sorted("export PYTHONPATH=''" in batch.splitlines() for batch in others) == [False, True]
    assert all(sys.executable in command_of(batch) for batch in others)


def test_what_a_job_does_survives_being_pickled(tmp_path: Path) -> None:
    task = Task((str(tmp_path / "one"), str(tmp_path / "two")))
    again = pickle.loads(pickle.dumps(task))
    assert again._paths == task._paths


# Which runs


def test_what_is_handed_over_already_is_not_handed_over_again(cluster: Cluster, wanted: Wanted) -> None:
    first, second = wanted(), wanted()
    submit([first])
    submit([first, second])
    submit([first, second])
    assert [job_of(first).id, job_of(second).id] == ["100", "101"]
    assert len(cluster.batches) == 2


def test_a_run_whose_job_ended_or_was_of_an_earlier_attempt_has_another(cluster: Cluster, wanted: Wanted) -> None:
    ended, earlier, spoilt = wanted(), wanted(attempt=2), wanted()
    write_job(ended, Job(1, "Slurm", "7", "ended", "CANCELLED", "cancelled"))
    write_job(earlier, Job(1, "Slurm", "8", "running"))
    spoilt.job.write_text("{")
    submit([ended, earlier, spoilt])
    assert [job_of(paths) for paths in (ended, earlier, spoilt)] == [
        Job(1, "Slurm", "100_0", "waiting"),
        Job(2, "Slurm", "100_1", "waiting"),
        Job(1, "Slurm", "100_2", "waiting"),
    ]


def test_of_two_who_hand_runs_over_at_once_one_does(
    cluster: Cluster, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As two watches on two hosts that see the same run crash, or one and whoever resumes it."""
    runs = [wanted() for _ in range(3)]
    submit_array = submit_module._submit_array

    def slowly(*arguments: Any) -> None:
        time.sleep(0.3)  # till the other has come as far as it can
        submit_array(*arguments)

    monkeypatch.setattr(submit_module, "_submit_array", slowly)
    both = [threading.Thread(target=submit, args=[runs]) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(cluster.batches) == 1
    assert [job_of(paths).id for paths in runs] == ["100_0", "100_1", "100_2"]


def test_while_another_hands_runs_over_for_long_there_is_an_error_for_a_person(
    cluster: Cluster, wanted: Wanted, store: Store, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.setattr(submit_module, "PATIENCE", 0.1)
    paths = wanted()
    (store.root / JOB_FILES).mkdir()
    lock = Lock.take(store.root / JOB_FILES / ".lock")
    assert lock is not None
    with refused("is being handed to Slurm"):
        submit([paths])
    lock.close()
    submit([paths])
    assert job_of(paths).id == "100"


def test_a_job_that_has_begun_before_its_word_was_left_keeps_its_own(
    cluster: Cluster, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = wanted()
    monkeypatch.setattr(SlurmExecutor, "_write_job_id", lambda *_: write_job(paths, Job(1, "Slurm", "100", "running")))
    submit([paths])
    assert job_of(paths).phase == "running"


# Where it cannot be done


def test_what_slurm_refuses_is_told_in_its_words(cluster: Cluster, wanted: Wanted, refused: Refused) -> None:
    cluster.fails(
        "sbatch",
        "sbatch: error: invalid partition specified: nowhere\n"
        "sbatch: error: Batch job submission failed: Invalid partition name specified\n",
    )
    paths = wanted()
    with refused("Invalid partition name"):
        submit([paths])
    assert not paths.job.exists()


def test_of_what_was_handed_over_before_it_refused_nothing_is_lost(
    cluster: Cluster, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.says("scontrol", "MaxArraySize = 3")
    runs = [wanted() for _ in range(4)]
    submit_array = submit_module._submit_array

    def once(*array: Any) -> None:
        if cluster.batches:
            cluster.fails("sbatch", "sbatch: error: QOSMaxSubmitJobPerUserLimit")
        submit_array(*array)

    monkeypatch.setattr(submit_module, "_submit_array", once)
    with pytest.raises(NotSubmittedError):
        submit(runs)
    assert [paths.job.exists() for paths in runs] == [True, True, False, False]


def test_a_host_that_cannot_submit_says_so(
    cluster: Cluster, wanted: Wanted, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    paths = wanted()
    cluster.lacks("srun")
    monkeypatch.setenv("PATH", str(cluster.folder / "bin"))
    with refused("This host cannot submit to Slurm"):
        submit([paths])
    monkeypatch.setitem(sys.modules, "submitit", None)
    with refused("submitit is not installed."):
        submit([paths])


def test_an_answer_without_a_number_is_no_job(cluster: Cluster, wanted: Wanted, refused: Refused) -> None:
    sbatch = cluster.folder / "bin" / "sbatch"
    sbatch.write_text("#!/bin/sh\necho welcome\n")
    with refused("Slurm refused the runs"):
        submit([wanted()])


def test_nothing_to_hand_over_asks_nothing(cluster: Cluster, store: Store) -> None:
    submit([])
    assert not (cluster.folder / "calls").exists()
    assert not store.root.exists()


def test_a_run_that_names_no_python_has_that_of_the_node(cluster: Cluster, wanted: Wanted) -> None:
    paths = wanted()
    write_json(paths.control, {name: value for name, value in read_control(paths).items() if name != "python"})
    submit([paths])
    assert "python3" in command_of(cluster.batches[0])


def test_the_limit_of_a_sweep_is_shared_by_its_arrays(cluster: Cluster, wanted: Wanted) -> None:
    cluster.says("scontrol", "ClusterName = lab", "MaxArraySize = 3")
    settings = SlurmSettings({}, at_once=4)
    runs = [wanted(settings) for _ in range(4)]
    submit_jobs(runs, settings)
    assert ["%2" in batch for batch in cluster.batches] == [True, True]
    assert {job_of(paths).cluster for paths in runs} == {"lab"}

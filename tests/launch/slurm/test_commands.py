"""What Slurm says of jobs, and what becomes of words that it has never said."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.launch.slurm import commands
from mixtui.launch.slurm.commands import GONE, Seen, ask_accounting, ask_queue, cancel, is_preempted, requeue
from tests.launch.slurm.conftest import Cluster

Refused = Callable[[str], AbstractContextManager[None]]


def test_the_queue_is_one_call_for_all_our_jobs(cluster: Cluster) -> None:
    cluster.queue(j100_0="RUNNING", j100_1="PENDING|JobArrayTaskLimit", j100_2="CONFIGURING", j101="NODE_FAIL")
    assert ask_queue() == {
        "100_0": Seen("running", "", None),
        "100_1": Seen("waiting", "JobArrayTaskLimit", None),
        "100_2": Seen("waiting", "", None),
        "101": Seen("ended", "NODE_FAIL", "node-failed"),
    }
    (arguments,) = cluster.calls("squeue")
    assert {"--array", "--states=all", f"--name={commands.JOB_NAME}"} <= set(arguments)


def test_it_is_asked_for_a_user_without_a_name(cluster: Cluster) -> None:
    """As in many containers."""
    ask_queue()
    (arguments,) = cluster.calls("squeue")
    assert f"--user={os.getuid()}" in arguments


# squeue(1), "JOB STATE CODES".
@pytest.mark.parametrize(
    ("word", "seen"),
    [
        ("BOOT_FAIL", Seen("ended", "BOOT_FAIL", "node-failed")),
        ("CANCELLED", Seen("ended", "CANCELLED", "cancelled")),
        ("CANCELLED by 1000", Seen("ended", "CANCELLED", "cancelled")),
        ("COMPLETED", Seen("ended", "COMPLETED", "done")),
        ("COMPLETING", Seen("running", "COMPLETING", None)),
        ("DEADLINE", Seen("ended", "DEADLINE", "timeout")),
        ("FAILED", Seen("ended", "FAILED", "error")),
        ("OUT_OF_MEMORY", Seen("ended", "OUT_OF_MEMORY", "oom")),
        ("PREEMPTED", Seen("ended", "PREEMPTED", "preempted")),
        ("REQUEUED", Seen("waiting", "", None)),
        ("REQUEUE_HOLD", Seen("waiting", "", None)),
        ("REVOKED", Seen("ended", "REVOKED", "cancelled")),
        ("SPECIAL_EXIT", Seen("waiting", "", None)),
        ("STOPPED", Seen("running", "STOPPED", None)),
        ("SUSPENDED", Seen("running", "SUSPENDED", None)),
        ("TIMEOUT", Seen("ended", "TIMEOUT", "timeout")),
        ("A_WORD_OF_TOMORROW", Seen("running", "A_WORD_OF_TOMORROW", None)),
    ],
)
def test_every_state_means_something(word: str, seen: Seen, cluster: Cluster) -> None:
    cluster.says("squeue", f"7|{word}|None")
    assert ask_queue() == {"7": seen}


@settings(max_examples=50)
@given(text=st.text(max_size=60) | st.lists(st.text(max_size=10), max_size=9).map("|".join))
def test_whatever_it_prints_is_taken_or_left(text: str) -> None:
    for job, seen in commands._parse(text):
        assert "|" not in job
        assert seen.phase in ("waiting", "running", "ended")
        assert (seen.reason is not None) == (seen.phase == "ended")


@pytest.mark.parametrize("line", ["", "|", "||", "7", "7|", "7||Resources", "7| |x"])
def test_a_line_without_a_state_is_left_out(line: str, cluster: Cluster) -> None:
    cluster.says("squeue", line, "8|RUNNING|None")
    assert ask_queue() == {"8": Seen("running", "", None)}


def test_a_queue_that_cannot_be_asked_is_an_error_for_a_person(
    cluster: Cluster, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.fails("squeue", "\nslurm_load_jobs error: Unable to contact slurm controller\n")
    with refused("squeue failed: slurm_load_jobs error: Unable to contact slurm controller."):
        ask_queue()
    cluster.fails("squeue", "")
    with refused("squeue failed: exit code 1."):
        ask_queue()

    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("squeue", 60)

    with monkeypatch.context() as slow:
        slow.setattr(subprocess, "run", hang)
        with refused("squeue gave no answer in 20 s."):
            ask_queue()
    cluster.lacks("squeue")
    monkeypatch.setenv("PATH", str(cluster.folder / "bin"))
    with refused("no squeue on this host"):
        ask_queue()


def test_the_accounting_is_asked_for_those_alone_that_are_missing(cluster: Cluster) -> None:
    cluster.says("sacct", "100_1|CANCELLED by 1000|None", "100_[2-5]|PENDING|None", "99|COMPLETED|None", "101|TIMEOUT|")
    assert ask_accounting({"100_1", "101", "102"}) == {
        "100_1": Seen("ended", "CANCELLED", "cancelled"),
        "101": Seen("ended", "TIMEOUT", "timeout"),
    }
    (arguments,) = cluster.calls("sacct")
    assert "--jobs=100_1,101,102" in arguments


def test_a_cluster_without_accounting_knows_none(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask_accounting({"7"}) == {}
    cluster.lacks("sacct")
    monkeypatch.setenv("PATH", str(cluster.folder / "bin"))
    assert ask_accounting({"7"}) == {}


def test_jobs_are_taken_back_together_and_none_without_a_call(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel(["8", "7"])
    cancel([])
    (arguments,) = cluster.calls("scancel")
    assert arguments[-2:] == ["7", "8"]
    monkeypatch.setattr(commands, "IDS_A_CALL", 2)
    cancel(["1", "2", "3"])
    assert [arguments[-2:] for arguments in cluster.calls("scancel")[1:]] == [["1", "2"], ["--", "3"]]


def test_what_a_spoilt_record_calls_a_job_is_no_option_of_scancel(cluster: Cluster) -> None:
    cancel(["--user=somebody"])
    (arguments,) = cluster.calls("scancel")
    assert arguments[-2:] == ["--", "--user=somebody"]


def test_a_job_that_cannot_be_taken_back_does_not_keep_the_others(
    cluster: Cluster, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "IDS_A_CALL", 2)
    cluster.fails("scancel", "scancel: error: Kill job error on job id 2: Access/permission denied")
    with refused("permission denied"):
        cancel(["1", "2", "3"])
    assert [arguments[2:] for arguments in cluster.calls("scancel")] == [["1", "2"], ["3"]]


@pytest.mark.parametrize(
    ("told", "preempted"),
    [
        ("JobId=7 JobState=RUNNING PreemptTime=2026-11-23T12:00:00 Comment=a=b", True),
        ("JobId=7 JobState=RUNNING PreemptEligibleTime=2026-11-23T12:00:00 PreemptTime=None", False),
        ("JobId=7 JobState=RUNNING", False),
        ("JobId=7 JobState=COMPLETING PreemptTime=2026-11-23T12:00:00", False),
        ("", False),
    ],
)
def test_whether_a_job_must_give_way(told: str, preempted: bool, cluster: Cluster) -> None:
    cluster.says("scontrol", told)
    assert is_preempted("7") is preempted


def test_a_job_of_which_nothing_can_be_asked_gives_way_to_none(cluster: Cluster, refused: Refused) -> None:
    cluster.fails("scontrol", "slurm_load_jobs error: Invalid job id specified")
    assert not is_preempted("7")
    with refused("Invalid job id"):
        requeue("7")


def test_of_a_job_that_is_gone_nothing_is_known() -> None:
    assert (GONE.phase, GONE.reason) == ("ended", "unknown")

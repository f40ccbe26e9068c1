"""Runs that Slurm interrupts save, wait in their job's place, and go on to the very same result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixtui.store.state_glyphs import state_word
from tests.slurm.cluster import CPUS, Cluster
from tests.slurm.workplace import TINY_RECIPE, Workplace, job_of, results

Results = dict[str, object]


@pytest.mark.timeout(240)
def test_time_is_up(workplace: Workplace, cluster: Cluster, slow: Path, uninterrupted: Results) -> None:
    (workplace.folder / "held").touch()
    (trains,) = workplace.sweep("0.4", *TINY_RECIPE, "--time", "10")
    (stands,) = workplace.sweep("0.4", *TINY_RECIPE, "--time", "10", "--dataset", "tiny:held_images")
    workplace.until_trained(trains, 2)
    workplace.until(lambda: workplace.state_of(stands) == "starting")
    for paths in (trains, stands):  # it signals now, when it looks next: every 30 s
        cluster.run("scontrol", "update", f"JobId={job_of(paths)}", "TimeLimit=2")

    workplace.set_begin(trains, "now+600", "TimeLimit=10")
    workplace.until(lambda: workplace.waits_for(trains) == "BeginTime")
    (workplace.folder / "held").unlink()
    workplace.until_states([stands], "stopped: timeout")
    workplace.until(lambda: "its time allowed no step" in workplace.listed()[stands.id]["sentence"])
    assert re.search("queued: BeginTime.*0.4", workplace.call("list"))
    assert re.search("timed out.*0.4", workplace.call("list"))
    workplace.show("queued", "BeginTime", state_word("stopped", "timeout", short=True))

    slow.unlink()
    workplace.set_begin(trains, "now")
    workplace.until_states([trains], "finished: done")
    assert workplace.listed()[trains.id]["attempts"] == 2
    assert results(trains) == uninterrupted


@pytest.mark.timeout(240)
def test_a_node_fails(workplace: Workplace, cluster: Cluster, slow: Path, uninterrupted: Results) -> None:
    again, once = workplace.sweep("0.4,0.7", *TINY_RECIPE)
    cluster.run("scontrol", "update", f"JobId={job_of(once)}", "Requeue=0")
    for paths in (again, once):
        workplace.until_trained(paths, 9)  # more than an epoch, after which it saves

    cluster.fail_node()
    workplace.until(lambda: workplace.state_of(again) == "queued" and workplace.waits_for(again))
    workplace.set_begin(again, "now+600")
    workplace.until_states([once], "crashed: node-failed")
    assert re.search(r"queued: \w+.* 0.4 ", workplace.call("list"))
    assert re.search("node failed.* 0.7 ", workplace.call("list"))
    workplace.show("queued", state_word("crashed", "node-failed", short=True))

    slow.unlink()
    cluster.mend()
    workplace.set_begin(again, "now+5")  # first the node hears that it was to end what it had
    workplace.until_states([again], "finished: done")
    assert results(again) == uninterrupted


@pytest.mark.timeout(240)
def test_a_dearer_job_needs_the_node(
    workplace: Workplace, cluster: Cluster, slow: Path, uninterrupted: Results
) -> None:
    again, once = workplace.sweep("0.4,0.7", *TINY_RECIPE, "--partition", "spot")
    cluster.run("scontrol", "update", f"JobId={job_of(once)}", "Requeue=0")
    for paths in (again, once):
        workplace.until_trained(paths, 1)

    dear = cluster.run("sbatch", "--parsable", f"--cpus-per-task={CPUS}", "--chdir=/tmp", "--wrap=sleep 600").strip()
    workplace.until(lambda: workplace.state_of(again) == "queued" and workplace.waits_for(again))
    workplace.until_states([once], "stopped: preempted")
    assert re.search(r"queued: \w+.* 0.4 ", workplace.call("list"))
    assert re.search("preempted.* 0.7 ", workplace.call("list"))
    workplace.show("queued", state_word("stopped", "preempted", short=True))

    slow.unlink()
    cluster.run("scancel", dear)
    workplace.set_begin(again, "now")
    workplace.until_states([again], "finished: done")
    assert results(again) == uninterrupted

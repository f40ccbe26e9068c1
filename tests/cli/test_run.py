"""Starting, stopping and resuming a run from the shell."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine, Mixtui, wait_until


def test_runs_on_the_embedded_data_set_when_cifar10_cannot_be_had(finished: subprocess.CompletedProcess[str]) -> None:
    assert finished.returncode == 0, finished.stderr
    assert "cifar10" in finished.stderr
    assert "synthetic" in finished.stderr
    assert "epoch   2" in finished.stdout
    assert "✓ finished" in finished.stdout
    assert "synthetic (fallback" in finished.stdout
    assert "Reliability · test, 2,000 images · M 15" in finished.stdout
    assert "\x1b" not in finished.stdout


def test_a_named_data_set_that_cannot_be_had_is_an_error_of_two_lines(mixtui: Mixtui, workplace: Path) -> None:
    before = sorted(workplace.glob("runs/2*"))
    done = mixtui("run", "--alpha", "0.1", "--dataset", "cifar10")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2
    assert "--dataset synthetic" in done.stderr
    assert sorted(workplace.glob("runs/2*")) == before


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--alpha", "nan"], "nan"),
        (["--alpha", "inf"], "inf"),
        (["--alpha", "-1"], "-1"),
        (["--alpha", "x"], "--alpha"),
        ([], "--alpha"),
        (["--alpha", "0.1", "--epochs", "0"], "epochs"),
        (["--alpha", "0.1", "--batch-size", "1"], "BatchNorm"),
        (["--alpha", "0.1", "--batch-size", "0"], "batch-size"),
        (["--alpha", "0.1", "--model", "resnet81"], "resnet18"),
        (["--alpha", "0.1", "--dataset", "cifar01"], "cifar10"),
        (["--alpha", "0.1", "--dataset", "folder:/nowhere"], "/nowhere"),
        (["--alpha", "0.1", "--schedule", "linear"], "cosine"),
        (["--alpha", "0.1", "--device", "tpu"], "cuda"),
        (["--alpha", "0.1", "--device", "cuda"], "CUDA_VISIBLE_DEVICES"),
        (["--alpha", "0.1", "--seed", "-1"], "seed"),
        (["--alpha", "0.1", "--nonsense"], "--nonsense"),
    ],
)
def test_bad_usage_is_two_lines_and_exit_code_2(
    mixtui: Mixtui, workplace: Path, arguments: list[str], word: str
) -> None:
    before = sorted(workplace.glob("runs/2*"))
    done = mixtui("run", *arguments, CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert word in done.stderr
    assert sorted(workplace.glob("runs/2*")) == before


def test_debug_shows_the_traceback(mixtui: Mixtui) -> None:
    assert "Traceback" in mixtui("--debug", "run", "--alpha", "nan").stderr


def test_a_runs_folder_that_cannot_be_made_is_an_error(mixtui: Mixtui, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = mixtui("run", "--alpha", "0", "--dataset", "synthetic", "--runs-dir", str(tmp_path / "file" / "runs"))
    assert done.returncode == 2
    assert "--runs-dir" in done.stderr


def test_a_diverging_run_ends_as_failed_with_exit_code_1(mixtui: Mixtui, tmp_path: Path) -> None:
    recipe = ["--alpha", "0", "--dataset", "synthetic", "--model", "tiny:network", "--lr", "1e30"]
    done = mixtui("run", *recipe, "--runs-dir", str(tmp_path))
    assert done.returncode == 1
    shown = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert (shown["state"], shown["reason"]) == ("failed", "nan")
    assert re.search(r"step \d+", shown["sentence"])


RECIPE = ("--alpha", "0.4", "--dataset", "synthetic", "--model", "tiny:network", "--epochs", "3")
LONG = ("--dataset", "synthetic", "--epochs", "100000")


def latest(mixtui: Mixtui, runs: Path) -> dict[str, Any]:
    """What `show --json` tells of the last run in `runs`."""
    document: dict[str, Any] = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(runs)).stdout)
    return document


def state_of(store: Store) -> State | None:
    """The state of the last run of `store`."""
    return Run.load(store.run_dirs()[-1]).status.state if store.run_dirs() else None


@pytest.fixture(scope="module")
def uninterrupted(mixtui: Mixtui, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    runs = tmp_path_factory.mktemp("runs")
    done = mixtui("run", *RECIPE, "--runs-dir", str(runs))
    assert done.returncode == 0, done.stderr
    return latest(mixtui, runs)


class TestTraining:
    """With a real training, whose results must not change."""

    def test_ctrl_c_stops_it_and_resume_ends_as_if_nothing_had_happened(
        self, mixtui: CommandLine, tmp_path: Path, uninterrupted: dict[str, Any]
    ) -> None:
        following = mixtui.begin("run", *RECIPE, "--runs-dir", str(tmp_path))
        _wait_for_steps(tmp_path)
        following.send_signal(signal.SIGINT)
        output, _ = following.communicate(timeout=60)
        assert following.returncode == 130
        assert "mixtui resume" in output
        shown = latest(mixtui, tmp_path)
        assert (shown["state"], shown["reason"]) == ("stopped", "requested")

        done = mixtui("resume", "latest", "--runs-dir", str(tmp_path))
        assert done.returncode == 0, done.stderr
        resumed = latest(mixtui, tmp_path)
        assert resumed["attempts"] == 2
        assert resumed["seconds"] is not None
        for key in ("state", "metrics", "train_metrics", "train_loss", "bins", "inexact"):
            assert resumed[key] == uninterrupted[key], key

    def test_a_worker_that_is_killed_is_shown_as_crashed_and_goes_on_in_the_background(
        self, mixtui: CommandLine, tmp_path: Path, uninterrupted: dict[str, Any]
    ) -> None:
        following = mixtui.begin("run", *RECIPE, "--runs-dir", str(tmp_path))
        run = _wait_for_steps(tmp_path)
        _kill_worker(run)
        output, _ = following.communicate(timeout=60)
        assert following.returncode == 1
        assert "SIGKILL" in output
        shown = latest(mixtui, tmp_path)
        assert (shown["state"], shown["reason"]) == ("crashed", "signal")

        done = mixtui("resume", "latest", "--detach", "--runs-dir", str(tmp_path))
        assert (done.returncode, done.stdout) == (0, f"queued: {run.name}\n")
        assert mixtui("wait", "latest", "--runs-dir", str(tmp_path)).returncode == 0
        assert latest(mixtui, tmp_path)["metrics"] == uninterrupted["metrics"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_resumably(quick: CommandLine, store: Store, number: signal.Signals) -> None:
    following = quick.begin("run", "--alpha", "0.4", *LONG)
    wait_until(lambda: state_of(store) is State.RUNNING)
    following.send_signal(number)
    output, _ = following.communicate(timeout=30)
    assert following.returncode == 130
    assert "mixtui resume" in output
    assert state_of(store) is State.STOPPED


def test_a_signal_that_the_shell_has_ignored_stays_ignored(quick: CommandLine, store: Store) -> None:
    recipe = ("--alpha", "0", "--dataset", "synthetic", "--epochs", "20")
    following = quick.begin("run", *recipe, disposition=signal.SIG_IGN)
    wait_until(lambda: state_of(store) is State.RUNNING)
    following.send_signal(signal.SIGHUP)
    assert following.wait(timeout=60) == 0


def test_ctrl_c_before_the_training_begins_is_a_stop_too(quick: CommandLine, store: Store) -> None:
    following = quick.begin("run", "--alpha", "0.4", *LONG)
    wait_until(lambda: list(store.root.glob("2*/process.json")))
    following.send_signal(signal.SIGINT)
    assert following.wait(timeout=60) == 130
    assert state_of(store) is State.STOPPED


def test_ctrl_c_while_it_waits_takes_it_out_of_the_queue(quick: CommandLine, store: Store) -> None:
    (training,) = quick("run", "--alpha", "0", "--detach", *LONG).stdout.split()
    wait_until(lambda: state_of(store) is State.RUNNING)
    following = quick.begin("run", "--alpha", "0.4", *LONG)
    assert following.stdout is not None
    run_id = following.stdout.readline().strip()
    assert following.stdout.readline() == "waiting for a free place\n"
    assert state_of(store) is State.QUEUED
    following.send_signal(signal.SIGINT)
    output, _ = following.communicate(timeout=30)
    assert following.returncode == 130
    assert "Stopped before it started." in output
    assert f"Go on with: mixtui resume {run_id}" in output
    assert state_of(store) is State.STOPPED
    assert Run.load(store.root / training).status.state is State.RUNNING


def test_a_second_ctrl_c_kills_what_does_not_end(quick: CommandLine, store: Store) -> None:
    following = quick.begin("run", "--alpha", "0", "--momentum", "0", *LONG)
    wait_until(lambda: state_of(store) is State.RUNNING)
    following.send_signal(signal.SIGINT)
    assert following.stdout is not None
    assert any("Ctrl-C again kills it." in line for line in following.stdout)
    following.send_signal(signal.SIGINT)
    output, _ = following.communicate(timeout=30)
    assert following.returncode == 130
    assert "was killed" in output
    assert state_of(store) is State.STOPPED


def test_a_crash_that_is_retried_is_followed_on(quick: CommandLine, store: Store) -> None:
    recipe = ("--alpha", "0", "--dataset", "synthetic", "--epochs", "40", "--retries", "1")
    following = quick.begin("run", *recipe)
    wait_until(lambda: state_of(store) is State.RUNNING)
    _kill_worker(store.run_dirs()[-1])
    output, errors = following.communicate(timeout=60)
    assert following.returncode == 0, errors
    assert "resumed from step" in output
    assert "epoch  40" in output
    assert Run.load(store.run_dirs()[-1]).attempt == 2


def test_a_follower_that_is_killed_does_not_take_the_training_with_it(quick: CommandLine, store: Store) -> None:
    following = quick.begin("run", "--alpha", "0", "--dataset", "synthetic", "--epochs", "20")
    wait_until(lambda: state_of(store) is State.RUNNING)
    following.kill()
    following.communicate()
    wait_until(lambda: state_of(store) is not State.RUNNING)
    assert state_of(store) is State.FINISHED


def test_two_runs_in_one_folder_do_not_disturb_each_other(quick: CommandLine) -> None:
    both = [quick.begin("run", "--alpha", "0.4", "--dataset", "synthetic", "--epochs", "3") for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len({output.splitlines()[0] for output in outputs}) == 2
    assert [run["state"] for run in json.loads(quick("list", "--json").stdout)] == ["finished"] * 2


def test_a_finished_run_is_not_resumed(mixtui: Mixtui, finished: subprocess.CompletedProcess[str]) -> None:
    done = mixtui("resume", "latest")
    assert done.returncode == 2
    assert "is finished" in done.stderr


class TestDetach:
    def test_it_returns_with_the_id_and_the_run_goes_on_by_itself(self, quick: CommandLine, store: Store) -> None:
        options = ("--alpha", "0.3", "--dataset", "synthetic", "--epochs", "3", "--name", "mine", "--tag", "paper")
        done = quick("run", "--detach", *options)
        assert (done.returncode, done.stderr) == (0, "")
        (run_id,) = done.stdout.split()
        wait_until(lambda: state_of(store) is State.FINISHED)
        run = Run.load(store.root / run_id)
        assert (run.meta["name"], run.tags, run.config.alpha) == ("mine", ("paper",), 0.3)

    def test_json_is_the_contract(self, quick: CommandLine, store: Store) -> None:
        done = quick("run", "-d", "--json", "--alpha", "0", "--dataset", "synthetic", "--epochs", "1")
        assert json.loads(done.stdout) == {"ids": [path.name for path in store.run_dirs()]}

    def test_json_without_it_is_bad_usage(self, quick: CommandLine, store: Store) -> None:
        done = quick("run", "--json", "--alpha", "0", "--dataset", "synthetic")
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 2
        assert store.run_dirs() == []


def _wait_for_steps(runs: Path) -> Path:
    """The directory of the one run in `runs`, once it trains."""
    wait_until(lambda: any(steps.stat().st_size for steps in runs.glob("*/steps.jsonl")), seconds=60)
    return next(runs.glob("*/steps.jsonl")).parent


def _kill_worker(run: Path) -> None:
    os.kill(json.loads((run / "process.json").read_text())["pid"], signal.SIGKILL)

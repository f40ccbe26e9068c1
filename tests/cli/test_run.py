"""Starting, stopping and resuming a run from the shell."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Mixtui, environment


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
    before = sorted(workplace.glob("runs/*"))
    done = mixtui("run", "--alpha", "0.1", "--dataset", "cifar10")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2
    assert "--dataset synthetic" in done.stderr
    assert sorted(workplace.glob("runs/*")) == before


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
    before = sorted(workplace.glob("runs/*"))
    done = mixtui("run", *arguments, CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert word in done.stderr
    assert sorted(workplace.glob("runs/*")) == before


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


def begin(workplace: Path, runs: Path, disposition: signal.Handlers = signal.SIG_DFL) -> subprocess.Popen[str]:
    """Start a run in the foreground, with signals as a shell leaves them, whatever ignores them around the tests."""

    def set_signals() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, disposition)

    return subprocess.Popen(
        [sys.executable, "-m", "mixtui", "run", *RECIPE, "--runs-dir", str(runs)],
        cwd=workplace,
        env=environment(workplace),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=set_signals,
    )


RECIPE = ["--alpha", "0.4", "--dataset", "synthetic", "--model", "tiny:network", "--epochs", "3"]


@pytest.fixture(scope="module")
def uninterrupted(mixtui: Mixtui, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    runs = tmp_path_factory.mktemp("runs")
    done = mixtui("run", *RECIPE, "--runs-dir", str(runs))
    assert done.returncode == 0, done.stderr
    shown: dict[str, object] = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(runs)).stdout)
    return shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_resumably_and_resume_ends_as_if_nothing_had_happened(
    mixtui: Mixtui, workplace: Path, tmp_path: Path, uninterrupted: dict[str, object], number: signal.Signals
) -> None:
    process = begin(workplace, tmp_path)
    _wait_for_steps(tmp_path)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    shown = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert (shown["state"], shown["reason"]) == ("stopped", "requested")
    assert "mixtui resume" in output

    done = mixtui("resume", "latest", "--runs-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    resumed = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert resumed["attempts"] == 2
    assert resumed["seconds"] is not None
    for key in ("state", "metrics", "train_metrics", "train_loss", "bins", "inexact"):
        assert resumed[key] == uninterrupted[key], key


def test_a_follower_that_is_killed_does_not_take_the_training_with_it(
    mixtui: Mixtui, workplace: Path, tmp_path: Path, uninterrupted: dict[str, object]
) -> None:
    process = begin(workplace, tmp_path)
    _wait_for_steps(tmp_path)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while (shown := json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout))[
        "state"
    ] == "running" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert shown["state"] == "finished"
    assert shown["metrics"] == uninterrupted["metrics"]


def test_a_worker_that_is_killed_is_shown_as_crashed_and_can_be_resumed(
    mixtui: Mixtui, workplace: Path, tmp_path: Path, uninterrupted: dict[str, object]
) -> None:
    process = begin(workplace, tmp_path)
    run = _wait_for_steps(tmp_path)
    os.kill(json.loads((run / "process.json").read_text())["pid"], signal.SIGKILL)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "SIGKILL" in output
    shown = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert (shown["state"], shown["reason"]) == ("crashed", "signal")
    assert mixtui("resume", "latest", "--runs-dir", str(tmp_path)).returncode == 0
    resumed = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert resumed["metrics"] == uninterrupted["metrics"]


def test_a_finished_run_is_not_resumed(mixtui: Mixtui, finished: subprocess.CompletedProcess[str]) -> None:
    done = mixtui("resume", "latest")
    assert done.returncode == 2
    assert "is finished" in done.stderr


def test_two_runs_in_one_folder_do_not_disturb_each_other(
    mixtui: Mixtui, workplace: Path, tmp_path: Path, uninterrupted: dict[str, object]
) -> None:
    both = [begin(workplace, tmp_path) for _ in range(2)]
    assert [process.wait(timeout=90) for process in both] == [0, 0]
    listed = json.loads(mixtui("list", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert [run["metrics"] for run in listed] == [uninterrupted["metrics"]] * 2


def test_a_signal_that_the_shell_has_ignored_stays_ignored(workplace: Path, tmp_path: Path) -> None:
    process = begin(workplace, tmp_path, signal.SIG_IGN)
    _wait_for_steps(tmp_path)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 0


def test_ctrl_c_before_the_training_begins_is_a_stop_too(mixtui: Mixtui, workplace: Path, tmp_path: Path) -> None:
    process = begin(workplace, tmp_path)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("2*/process.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    shown = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert (shown["state"], shown["reason"]) == ("stopped", "requested")


def _wait_for_steps(runs: Path) -> Path:
    """The directory of the one run in `runs`, once it trains."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for steps in runs.glob("*/steps.jsonl"):
            if steps.stat().st_size:
                return steps.parent
        time.sleep(0.01)
    raise TimeoutError("no run began to train")

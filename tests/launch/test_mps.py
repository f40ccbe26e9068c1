"""The daemon of NVIDIA's Multi-Process Service: started when it is needed, ended when not, and never somebody else's.

A stand-in for its control program writes down what it is asked; its daemon is a process that sleeps.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mixtui.launch import mps
from mixtui.launch.mps import MpsUnavailableError, looks_like_mps_fault, mps_environment, quit_mps

# Like a daemon without manners, the sleeping one keeps what it was given as standard output and error.
CONTROL = """#!/bin/sh
stage=$(dirname "$0")
daemon="$CUDA_MPS_PIPE_DIRECTORY/daemon"
if [ "$1" = -d ]; then asked=start; else read -r asked; fi
echo "$asked $CUDA_MPS_PIPE_DIRECTORY ${CUDA_VISIBLE_DEVICES-all}" >> "$stage/asked"
if [ -e "$stage/hangs-at-$asked" ]; then exec sleep 60; fi
if [ -e "$stage/refuses-$asked" ]; then exit 1; fi
case $asked in
start) sleep 60 & echo $! > "$daemon"; cp "$daemon" "$stage/started" ;;
get_server_list) [ -e "$daemon" ] ;;
quit) kill "$(cat "$daemon")" && rm "$daemon" ;;
*) exit 2 ;;
esac
"""
PROBE = """#!/bin/sh
stage=$(dirname "$0")
echo "probe $CUDA_MPS_PIPE_DIRECTORY ${CUDA_VISIBLE_DEVICES-all}" >> "$stage/asked"
if [ -e "$stage/probe-hangs" ]; then exec sleep 60; fi
if [ -e "$stage/probe-dies" ]; then kill -SEGV $$; fi
if [ -e "$stage/probe-fails" ]; then cat "$stage/probe-fails" >&2; exit 1; fi
"""


class Stage:
    """Where the stand-ins are, and what they are to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, script in ((mps.CONTROL, CONTROL), ("probe", PROBE)):
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)

    def set(self, what: str, text: str = "") -> None:
        (self.folder / what).write_text(text)

    def unset(self, what: str) -> None:
        (self.folder / what).unlink()

    def asked(self) -> list[str]:
        """What the control program was asked since the last look, and `probe` for a trial of the GPU."""
        return [line.split()[0] for line in self._lines()]

    def told(self) -> set[tuple[str, str]]:
        """The folder of the pipes and the visible GPUs that they were told since the last look."""
        return {(line.split()[1], line.split()[2]) for line in self._lines()}

    def _lines(self) -> list[str]:
        asked = self.folder / "asked"
        lines = asked.read_text().splitlines() if asked.exists() else []
        asked.write_text("")
        return lines


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    folder = tmp_path / "stage"
    folder.mkdir()
    stage = Stage(folder)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "executable", str(folder / "probe"))
    monkeypatch.setattr(mps, "_PATIENCE", 10.0)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    yield stage
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((folder / "started").read_text()), signal.SIGKILL)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """The folder of this user's own on this host."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def unavailable(local: Path) -> str:
    with pytest.raises(MpsUnavailableError) as caught:
        mps_environment(local)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Starting


def test_the_daemon_is_started_and_the_gpu_tried_under_it(stage: Stage, local: Path) -> None:
    began = time.monotonic()
    environment = mps_environment(local)
    assert time.monotonic() - began < 5  # the daemon goes on, and nobody waits for its output to end
    assert stage.asked() == ["get_server_list", "start", "probe"]
    assert environment.keys() == {"CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"}
    for path in map(Path, environment.values()):
        assert path.is_dir()
        assert local in path.parents


def test_a_daemon_that_answers_is_not_started_again(stage: Stage, local: Path) -> None:
    environment = mps_environment(local)
    stage.asked()
    assert mps_environment(local) == environment
    assert stage.asked() == ["get_server_list"]


def test_the_daemon_of_somebody_else_is_left_alone(
    stage: Stage, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path / "theirs"))
    environment = mps_environment(local)
    quit_mps(local)
    assert {pipes for pipes, _ in stage.told()} == {environment["CUDA_MPS_PIPE_DIRECTORY"]}


@pytest.mark.parametrize("visible", ["", "1", "GPU-20785d35"])
def test_it_serves_all_gpus_whichever_the_shell_sees(
    visible: str, stage: Stage, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trainings from other shells come to it too."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    mps_environment(local)
    assert {visible for _, visible in stage.told()} == {"all"}
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible


# Where it cannot be used


def test_without_its_control_program(stage: Stage, local: Path) -> None:
    stage.unset(mps.CONTROL)
    assert unavailable(local) == "nvidia-cuda-mps-control is not on the PATH"


def test_a_daemon_that_may_not_be_started(stage: Stage, local: Path) -> None:
    stage.set("refuses-start")
    assert "cannot be started (exit code 1)" in unavailable(local)
    assert stage.asked() == ["get_server_list", "start"]


def test_a_folder_that_cannot_be_made(stage: Stage, local: Path) -> None:
    (local / "mps").touch()
    assert "cannot be started" in unavailable(local)


def test_a_daemon_that_hangs_at_its_start(stage: Stage, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mps, "_PATIENCE", 1.0)
    stage.set("hangs-at-start")
    began = time.monotonic()
    assert "cannot be started (no answer within 1 s)" in unavailable(local)
    assert time.monotonic() - began < 10


def test_a_daemon_that_does_not_answer(stage: Stage, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There can be no second one beside it."""
    monkeypatch.setattr(mps, "_PATIENCE", 0.5)
    stage.set("hangs-at-get_server_list")
    stage.set("refuses-start")
    began = time.monotonic()
    assert "cannot be started" in unavailable(local)
    assert time.monotonic() - began < 10


def test_a_gpu_that_does_not_work_under_it(stage: Stage, local: Path) -> None:
    stage.set("probe-fails", "Some words of a library\ncuInit: CUDA error 805\n")
    assert unavailable(local) == "the GPU cannot be used through it (cuInit: CUDA error 805)"
    assert stage.asked() == ["get_server_list", "start", "probe", "quit"]
    unavailable(local)
    assert stage.asked() == ["get_server_list", "start", "probe", "quit"]  # it is not taken for one that works
    stage.unset("probe-fails")
    mps_environment(local)


def test_a_gpu_that_hangs_under_it(stage: Stage, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.set("probe-hangs")
    monkeypatch.setattr(mps, "_PATIENCE", 1.0)
    assert "cannot be used through it (no answer within 1 s)" in unavailable(local)
    assert stage.asked()[-1] == "quit"


def test_a_trial_that_dies_without_a_word(stage: Stage, local: Path) -> None:
    stage.set("probe-dies")
    assert f"(exit code {-signal.SIGSEGV})" in unavailable(local)
    assert stage.asked()[-1] == "quit"


# Ending


def test_a_daemon_of_ours_is_ended(stage: Stage, local: Path) -> None:
    mps_environment(local)
    stage.asked()
    quit_mps(local)
    assert stage.asked() == ["quit"]
    mps_environment(local)
    assert stage.asked() == ["get_server_list", "start", "probe"]


def test_where_none_was_started_nobody_is_asked(stage: Stage, local: Path) -> None:
    quit_mps(local)
    assert stage.asked() == []


@pytest.mark.parametrize("trouble", ["refuses-quit", "hangs-at-quit"])
def test_a_daemon_that_does_not_end_is_left(
    trouble: str, stage: Stage, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mps_environment(local)
    monkeypatch.setattr(mps, "_PATIENCE", 0.5)
    stage.set(trouble)
    quit_mps(local)
    assert stage.asked()[-1] == "quit"


def test_a_control_program_that_is_gone_ends_nothing(stage: Stage, local: Path) -> None:
    mps_environment(local)
    stage.unset(mps.CONTROL)
    quit_mps(local)
    assert "quit" not in stage.asked()


# The trial


def trial(monkeypatch: pytest.MonkeyPatch, **codes: int) -> object:
    """What `python -m mixtui.launch.mps` exits with when CUDA's functions return `codes`, else 0."""

    def function(name: str) -> Callable[..., int]:
        return lambda *_: codes.get(name, 0)

    names = ("cuInit", "cuDeviceGet", "cuDevicePrimaryCtxRetain")
    cuda = SimpleNamespace(**{name: function(name) for name in names})
    monkeypatch.setattr(ctypes, "CDLL", lambda name: cuda)
    return run_trial()


def run_trial() -> object:
    with pytest.raises(SystemExit) as caught, pytest.warns(RuntimeWarning, match="found in sys.modules"):
        runpy.run_module("mixtui.launch.mps", run_name="__main__")
    return caught.value.code


@pytest.mark.parametrize(("function", "code"), [("cuInit", 805), ("cuDeviceGet", 101), ("cuDevicePrimaryCtxRetain", 2)])
def test_a_trial_says_what_does_not_work(function: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trial(monkeypatch, **{function: code}) == f"{function}: CUDA error {code}"


def test_a_trial_of_what_works_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not trial(monkeypatch)


def test_a_trial_without_the_driver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert run_trial() == "libcuda.so.1: cannot open shared object file"


# Faults


@pytest.mark.parametrize(
    "message",
    [
        "AcceleratorError: CUDA error: the remote procedural call between the MPS server and the MPS client failed",
        "RuntimeError: CUDA error: MPS client failed to connect to the MPS control daemon or the MPS server",
        "Error 805: CUDA_ERROR_MPS_CONNECTION_FAILED",
        "RuntimeError: CUDA error: unspecified launch failure",
        "AcceleratorError: CUDA error: an illegal memory access was encountered",
        "RuntimeError: CUDA driver error: device kernel image is invalid",
        "RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "RuntimeError: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(...)`",
    ],
)
def test_words_of_a_fault(message: str) -> None:
    assert looks_like_mps_fault(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Died in epoch 3: SIGKILL.",
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
        "RuntimeError: CUDA error: out of memory",
        "the loss is nan at step 12 (2.3 before it). A lower --lr may help.",
        "ValueError: timestamps and ramps differ",
        "ModuleNotFoundError: No module named 'clamps'",
        "The disk is full; make room and resume it.",
    ],
)
def test_words_of_other_troubles(message: str) -> None:
    assert not looks_like_mps_fault(message)

"""NVIDIA's Multi-Process Service, under which trainings share a GPU at once instead of taking turns.

Where its control program is there, this user's daemon is started when a second training comes to a GPU, with its pipes
in a folder of our own: a daemon that somebody else runs is never touched. Source: NVIDIA, Multi-Process Service
(docs.nvidia.com/deploy/mps).
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CONTROL = "nvidia-cuda-mps-control"
_PATIENCE = 20.0  # seconds for an answer; the first one starts the server
# PyTorch's words; which error the other clients see of one that faults depends on what they were about.
_FAULT = re.compile(r"(?<![a-z])mps(?![a-z])|(cuda|cuda driver|cudnn) error", re.IGNORECASE)


class MpsUnavailableError(Exception):
    """MPS cannot be used, and why, in words that end a sentence."""


def mps_environment(folder: Path) -> dict[str, str]:
    """What a process needs in its environment to train under the daemon of `folder`, which is started if need be.

    Raises MpsUnavailableError.
    """
    if shutil.which(CONTROL) is None:
        raise MpsUnavailableError(f"{CONTROL} is not on the PATH")
    if not _tell(folder, "get_server_list"):
        _start(folder)
    return _addresses(folder)


def quit_mps(folder: Path) -> None:
    """End the daemon of `folder`, if it runs. For whoever has seen that nobody uses it."""
    if (folder / "mps").exists():
        _tell(folder, "quit")


def looks_like_mps_fault(message: str) -> bool:
    """Whether a training's last words are those of one whose MPS server, or another of its clients, has died."""
    return bool(_FAULT.search(message)) and "out of memory" not in message.lower()


def _addresses(folder: Path) -> dict[str, str]:
    return {
        "CUDA_MPS_PIPE_DIRECTORY": str(folder / "mps" / "pipe"),
        "CUDA_MPS_LOG_DIRECTORY": str(folder / "mps" / "log"),
    }


def _environment(folder: Path) -> dict[str, str]:
    """For the daemon itself: it serves trainings on all GPUs, whichever the shell saw that it was started from."""
    environment = {**os.environ, **_addresses(folder)}
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    return environment


def _start(folder: Path) -> None:
    try:
        for path in _addresses(folder).values():
            Path(path).mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [CONTROL, "-d"],
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # no pipe: the daemon might keep it open
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MpsUnavailableError(f"{CONTROL} cannot be started ({_reason(error)})") from None
    try:
        subprocess.run(
            [sys.executable, "-P", "-m", "mixtui.launch.mps"],
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        quit_mps(folder)  # else the next to come would find a daemon that answers
        raise MpsUnavailableError(f"the GPU cannot be used through it ({_reason(error)})") from None


def _tell(folder: Path, command: str) -> bool:
    """Give a command to the daemon of `folder`; whether there is one that took it."""
    try:
        subprocess.run(
            [CONTROL],
            input=command + "\n",
            env=_environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _reason(error: Exception) -> str:
    match error:
        case subprocess.CalledProcessError():
            return (error.stderr or "").strip().rpartition("\n")[2] or f"exit code {error.returncode}"
        case subprocess.TimeoutExpired():
            return f"no answer within {error.timeout:.0f} s"
        case _:
            return str(error)


def _probe() -> str | None:
    """Make a CUDA context and give it up; what went wrong, None for nothing."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        return str(error)
    device, context = ctypes.c_int(), ctypes.c_void_p()
    for name, *arguments in (
        ("cuInit", 0),
        ("cuDeviceGet", ctypes.byref(device), 0),
        ("cuDevicePrimaryCtxRetain", ctypes.byref(context), device),
    ):
        code = getattr(cuda, str(name))(*arguments)
        if code:
            return f"{name}: CUDA error {code}"
    return None


if __name__ == "__main__":
    sys.exit(_probe())

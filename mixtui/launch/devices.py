"""What this machine can train on, found without importing torch."""

from __future__ import annotations

import os

from mixtui.errors import MixtuiError
from mixtui.store.provenance import version_of


def gpu_names() -> list[str]:
    """The NVIDIA GPUs of this machine, as its driver names them; none without a driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return [str(pynvml.nvmlDeviceGetName(handle)) for handle in handles]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def choose_device(wanted: str) -> str:
    """`wanted`, with `auto` resolved: the GPU where there is one that torch can use, else the CPU.

    Raises MixtuiError for a GPU that is not there.
    """
    if wanted == "auto":
        return "cuda" if _gpu_obstacle() is None else "cpu"
    if wanted.startswith("cuda") and (obstacle := _gpu_obstacle()) is not None:
        raise MixtuiError(f"--device {wanted} cannot be used: {obstacle}.", "Use --device auto or cpu.")
    return wanted


def _gpu_obstacle() -> str | None:
    """Why torch can use no GPU here; None where it can."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "unset").strip() in ("", "-1"):
        return "CUDA_VISIBLE_DEVICES hides every GPU"
    if "+cpu" in (version_of("torch") or ""):
        return "this build of torch is for the CPU alone"
    return None if gpu_names() else "there is no NVIDIA GPU, or no driver for it"


def cpu_threads() -> int:
    """CPU threads for one training: `OMP_NUM_THREADS` where it is set, else the cores this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

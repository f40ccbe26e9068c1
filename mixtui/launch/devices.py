"""What this machine can train on, found without importing torch."""

from __future__ import annotations

import os
from importlib import metadata


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
    """`wanted`, with `auto` resolved: the GPU where there is one that torch can use, else the CPU."""
    if wanted != "auto":
        return wanted
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "unset").strip() in ("", "-1")
    cpu_build = "+cpu" in metadata.version("torch")
    return "cuda" if not hidden and not cpu_build and gpu_names() else "cpu"


def cpu_threads() -> int:
    """CPU threads for one training: `OMP_NUM_THREADS` where it is set, else the cores this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""What a training may use of this machine: a GPU or the CPU, and how many threads."""

from __future__ import annotations

import math
import os

from mixtui.errors import MixtuiError
from mixtui.launch.cgroup import cpu_quota
from mixtui.launch.gpus import gpus, visible_gpus
from mixtui.store.provenance import version_of


def choose_device(wanted: str) -> str:
    """`wanted`, with `auto` resolved: the GPU where there is one that torch can use, else the CPU.

    Raises MixtuiError for a GPU that is not there.
    """
    if wanted == "auto":
        return "cuda" if _gpu_obstacle() is None else "cpu"
    if wanted.startswith("cuda"):
        if (obstacle := _gpu_obstacle()) is not None:
            raise MixtuiError(f"--device {wanted} cannot be used: {obstacle}.", "Use --device auto or cpu.")
        number = wanted.removeprefix("cuda").removeprefix(":")
        if number.isdecimal() and int(number) >= len(visible_gpus()):
            raise MixtuiError(
                f"--device {wanted} cannot be used: the GPUs are 0 to {len(visible_gpus()) - 1}.", "Use --device cuda."
            )
    return wanted


def _gpu_obstacle() -> str | None:
    """Why torch can use no GPU here; None where it can."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "unset").strip() in ("", "-1"):
        return "CUDA_VISIBLE_DEVICES hides every GPU"
    if "+cpu" in (version_of("torch") or ""):
        return "this build of torch is for the CPU alone"
    if visible_gpus():
        return None
    return "CUDA_VISIBLE_DEVICES names none of the GPUs" if gpus() else "there is no NVIDIA GPU, or no driver for it"


def gpus_for(device: str) -> list[str]:
    """The UUIDs of the GPUs that a run on `device` (cpu, cuda, cuda:N) may be given."""
    if device == "cpu":
        return []
    uuids = [gpu.uuid for gpu in visible_gpus()]
    number = device.removeprefix("cuda").removeprefix(":")
    return [uuids[int(number)]] if number else uuids


def cores() -> int:
    """CPU cores that this process may use: its affinity, and its control group's quota."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(affinity, round(cpu_quota() or affinity)))


def threads_for(device: str, runs: int) -> int:
    """CPU threads for each of `runs` trainings: `OMP_NUM_THREADS` where it is set, else what ends them all soonest.

    Measured on 2 and on 16 cores (docs/performance.md): t threads train at least t^0.5 times as fast as one, so that
    trainings side by side beat threads, as long as no core stays idle.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    if device != "cpu":
        return 1  # they only hand batches to the GPU
    here = cores()

    def duration(threads: int) -> float:
        rounds = math.ceil(runs / (here // threads))
        return float(rounds / threads**0.5)

    return min(range(1, here + 1), key=duration)

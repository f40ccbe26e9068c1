"""What this machine can do, what is missing, and what to do about it: what `mixtui doctor` tells."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Finding(NamedTuple):
    """One thing looked at; `advice` says what to do where it is not as it should be."""

    what: str
    found: str
    advice: str = ""


def look_at_machine(runs: Path, data: Path) -> Iterator[Finding]:
    """The findings for trainings in the folder `runs` with data in `data`. Takes a moment."""
    import psutil

    from mixtui.launch.cgroup import memory_limit
    from mixtui.launch.devices import choose_device, cores, threads_for
    from mixtui.launch.gpus import gpus
    from mixtui.launch.memory import ram_free
    from mixtui.launch.mps import CONTROL
    from mixtui.launch.slurm.checkup import look_at_slurm
    from mixtui.store.provenance import processor, versions

    found = versions()
    missing = [name for name, version in found.items() if version is None]
    yield Finding(
        "versions",
        ", ".join(f"{name} {version or 'missing'}" for name, version in found.items()),
        f"pip install {' '.join(missing)}" if missing else "",
    )
    yield Finding(
        "processor", f"{processor()}, {cores()} of {os.cpu_count()} cores, {threads_for('cpu', 1)} for one run"
    )
    limit = memory_limit() or psutil.virtual_memory().total
    yield Finding("memory", f"{ram_free() / 2**30:.1f} of {limit / 2**30:.1f} GiB free")
    found_gpus = ", ".join(f"{gpu.name}, {gpu.free / 2**30:.0f} of {gpu.total / 2**30:.0f} GiB free" for gpu in gpus())
    yield Finding("GPU", f"{found_gpus or 'none'}; --device auto is {choose_device('auto')}")
    if found_gpus:
        yield Finding(
            "MPS", "there: runs share a GPU" if shutil.which(CONTROL) else "not there: runs take turns on a GPU"
        )
    yield from look_at_slurm()
    yield _look_at_runs(runs)
    yield _look_at_data(data)


def _look_at_runs(runs: Path) -> Finding:
    there = next(folder for folder in (runs.absolute(), *runs.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free / 2**30
    if not there.is_dir() or not os.access(there, os.W_OK):
        return Finding("runs", f"{runs} cannot be written", "Choose another folder with --runs-dir or MIXTUI_RUNS.")
    return Finding("runs", f"{runs}, {free:.0f} GiB free", "" if free > 1 else "A run takes up to 0.1 GiB: make room.")


def _look_at_data(data: Path) -> Finding:
    from mixtui.datasets.catalog import CATALOG, is_present

    present = [info.name for info in CATALOG.values() if is_present(info, data)]
    return Finding("data", f"{', '.join(present)} in {data}; mixtui data lists all")

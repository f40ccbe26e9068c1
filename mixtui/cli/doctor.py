"""`mixtui doctor`: what this machine can do, what is missing, and what to do about it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mixtui.cli.options import DataDir, Json, RunsDir, data_dir, runs_dir
from mixtui.errors import EXIT_FAILED


class Finding(NamedTuple):
    """One thing looked at; `advice` says what to do where it is not as it should be."""

    what: str
    found: str
    advice: str = ""


def doctor(runs_dir_option: RunsDir = None, data_dir_option: DataDir = None, json: Json = False) -> int:
    """Say what this machine can do, and what is missing.

    The exit code is 1 when something must be mended.
    """
    from mixtui.cli.console import print_json, stdout, words

    findings = list(_look(runs_dir(runs_dir_option), data_dir(data_dir_option)))
    if json:
        print_json([finding._asdict() for finding in findings])
    else:
        for what, found, advice in findings:
            stdout().print(words(f"{'✗' if advice else '✓'} {what:<10} {found}"), style="red" if advice else None)
            if advice:
                stdout().print(words(f"  {'':<10} {advice}"))
    return EXIT_FAILED if any(finding.advice for finding in findings) else 0


def _look(runs: Path, data: Path) -> Iterator[Finding]:
    import psutil

    from mixtui.cli.console import color_depth, speaks_utf8, stdout
    from mixtui.launch.cgroup import memory_limit
    from mixtui.launch.devices import choose_device, cores, threads_for
    from mixtui.launch.gpus import gpus
    from mixtui.launch.memory import ram_free
    from mixtui.launch.mps import CONTROL
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
    yield _look_at_runs(runs)
    yield _look_at_data(data)
    columns, rows = shutil.get_terminal_size()
    colors = {"none": "no colours", "16": "16 colours", "256": "256 colours or more"}[color_depth(stdout())]
    yield Finding("terminal", f"{columns}×{rows}, {'UTF-8' if speaks_utf8() else 'ASCII only'}, {colors}")


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

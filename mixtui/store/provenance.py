"""What a run was made with: package versions, processor, and the commit of the folder it was started from."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import mixtui

PACKAGES = ("torch", "torchvision", "numpy")


def versions() -> dict[str, str | None]:
    """Versions that can change a result, read without importing the packages."""
    return {"mixtui": mixtui.__version__, "python": platform.python_version()} | {
        name: version_of(name) for name in PACKAGES
    }


def version_of(package: str) -> str | None:
    """The installed version of a package, without importing it; None where it is missing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def processor() -> str:
    """The processor's model name: float results repeat to the bit only on the same one."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def provenance() -> dict[str, Any]:
    """`versions`, `processor` and `git_commit`, for a run's `config.json`; never raises, and the commit is None where
    there is none."""
    return {"versions": versions(), "processor": processor(), "git_commit": _git_commit()}


def _git_commit() -> str | None:
    """The commit of the current folder, which may hold the user's own model; `-dirty` where it was changed since."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

"""The limits that the control groups of this process set: CPU, memory, and who was killed for it. Both versions, as the
kernel's Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst have them, and cgroups(7)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
_NO_LIMIT = 1 << 60  # version 1 writes "no limit" as a number near 2^63


def cpu_quota() -> float | None:
    """CPU cores granted, a fraction perhaps; None without a limit."""
    quotas = []
    for folder in _folders("cpu"):
        with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
            if (folder / "cpu.max").exists():
                quota, period = (folder / "cpu.max").read_text().split()
            else:
                quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
            if quota != "max" and int(quota) > 0:
                quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def memory_limit() -> int | None:
    """Bytes of memory that this process and those beside it may use; None without a limit."""
    return min((limit for limit, _ in _memory()), default=None)


def memory_free() -> int | None:
    """Bytes left below the limit, counting what the page cache can give back; None without a limit."""
    return min((max(0, limit - used) for limit, used in _memory()), default=None)


def oom_kills() -> int:
    """How many processes of this process's group were killed for want of memory so far."""
    for folder in _folders("memory"):  # the innermost alone: those above count other people's processes too
        counts = _numbers(folder / "memory.events") or _numbers(folder / "memory.oom_control")
        if "oom_kill" in counts:
            return counts["oom_kill"]
    return 0


def _memory() -> Iterator[tuple[int, int]]:
    """Limit and use of each group that has a limit."""
    for folder in _folders("memory"):
        stat = _numbers(folder / "memory.stat")
        for limit, use, prefix in (
            ("memory.max", "memory.current", ""),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
        ):
            cached = sum(stat.get(f"{prefix}{age}_file", 0) for age in ("active", "inactive"))
            with contextlib.suppress(OSError, ValueError):
                bytes_allowed = int((folder / limit).read_text())  # "max" is no number: no limit
                if bytes_allowed < _NO_LIMIT:
                    yield bytes_allowed, int((folder / use).read_text()) - cached


def _numbers(path: Path) -> dict[str, int]:
    """Lines of a name and a number; empty where there is no such file."""
    with contextlib.suppress(OSError, ValueError):
        pairs = (line.split() for line in path.read_text().splitlines())
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
    return {}


def _folders(controller: str) -> list[Path]:
    """The folder of this process's group for a controller, and of those above it: each may set a limit."""
    try:
        lines = [line.split(":", 2) for line in MEMBERSHIP.read_text().splitlines()]
        own = {name: path.strip("/") for _, names, path in lines for name in names.split(",")}
    except (OSError, ValueError):
        return []
    root = ROOT / controller if controller in own else ROOT
    group = own.get(controller, own.get(""))
    if group is None:
        return []
    parts = Path(group).parts
    return [root.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]

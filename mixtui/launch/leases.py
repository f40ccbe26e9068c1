"""Places for trainings on this host: CPU cores, and shares of GPUs; each booked by a lock that its training holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixtui.launch.gpus import Gpu
from mixtui.lock import Lock, is_locked


@dataclass(frozen=True)
class Lease:
    """A booked place. It lasts until `close` and until every process that inherited `fds` has ended."""

    place: str  # in words: "cpu 0 1", "GPU-20785d35 share 3"
    gpu: str | None  # UUID
    locks: tuple[Lock, ...]

    @property
    def fds(self) -> tuple[int, ...]:
        return tuple(lock.fd for lock in self.locks)

    def close(self) -> None:
        for lock in self.locks:
            lock.close()


def lease_cores(folder: Path, threads: int, cores: int) -> Lease | None:
    """`threads` of this host's `cores` CPU cores (all of them where it has fewer), or None while too few are free."""
    locks: list[Lock] = []
    taken = []
    for core in range(cores):
        if lock := Lock.take(folder / f"cpu-{core}.lock"):
            locks.append(lock)
            taken.append(str(core))
        if len(locks) == min(threads, cores):
            return Lease(f"cpu {' '.join(taken)}", None, tuple(locks))
    for lock in locks:
        lock.close()
    return None


def lease_gpu(folder: Path, gpus: Sequence[Gpu], shares: int) -> Lease | None:
    """A share of the GPU with the fewest trainings on it, of several the one with the most room.

    None where all have `shares` trainings or more.
    """
    held = {gpu.uuid: sum(is_locked(path) for path in folder.glob(f"gpu-{gpu.uuid}-*.lock")) for gpu in gpus}
    for gpu in sorted(gpus, key=lambda gpu: (held[gpu.uuid], -gpu.free)):
        if held[gpu.uuid] >= shares:
            continue
        for share in range(held[gpu.uuid] + 1):  # of so many at least one is free, unless it was taken just now
            if lock := Lock.take(folder / f"gpu-{gpu.uuid}-{share}.lock"):
                return Lease(f"{gpu.uuid} share {share + 1}", gpu.uuid, (lock,))
    return None


def any_gpu_leased(folder: Path, patience: float = 0.0) -> bool:
    """Whether somebody trains on a GPU, `patience` seconds from now at the latest: who just ended may not be gone."""
    return any(is_locked(path, patience) for path in folder.glob("gpu-*.lock"))

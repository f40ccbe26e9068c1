"""Finding a place for a run: cores or a share of a GPU, and the memory it needs."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from mixtui.launch.devices import cores
from mixtui.launch.gpus import Gpu, gpus_called
from mixtui.launch.leases import Lease, lease_cores, lease_gpu
from mixtui.launch.memory import ALONE_GPU, ALONE_RAM, GIB, Experience, ram_free
from mixtui.store.files import read_json
from mixtui.store.run import Run

MOST_SHARES = 6  # trainings on one GPU, unless a person says otherwise


class Places:
    """The places of this host, booked in its `folder`, and what trainings were seen to need."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._experience = Experience()
        self._given: dict[str, str] = {}  # the GPU of a run whose keeper may not have written it down yet

    def learn(self, run: Run) -> None:
        """Take in what a run recorded of its memory."""
        self._experience.learn(run)

    def lease(self, run: Run, live: list[Run]) -> Lease | str:
        """A place for `run` beside the `live` ones; or why there is none, "" while all places are taken."""
        if run.config.device == "cpu":
            lease = lease_cores(self._folder, run.config.threads, cores())
        else:
            fitting = self._gpus_with_room(run, live)
            if isinstance(fitting, str):
                return fitting
            lease = lease_gpu(self._folder, fitting, run.control.get("slots_per_gpu") or MOST_SHARES)
        if lease is None:
            return ""
        if shortage := self._ram_shortage(run, live):
            lease.close()
            return shortage
        if lease.gpu:
            self._given[run.id] = lease.gpu
        return lease

    def _ram_shortage(self, run: Run, live: list[Run]) -> str | None:
        need = self._experience.need(run.config)
        free = ram_free() - sum(self._experience.need(other.config).ram for other in live if not _has_settled(other))
        wanted = need.ram if need.known or live else ALONE_RAM
        return _waits_for("memory", run, wanted, free) if free < wanted else None

    def _gpus_with_room(self, run: Run, live: list[Run]) -> list[Gpu] | str:
        """The GPUs that a run may have and that have the memory it needs; why there is none."""
        allowed = gpus_called(run.control.get("gpus", []))
        if not allowed:
            return f"{run.id} needs a GPU, and none that it may have is there."
        need = self._experience.need(run.config)
        obstacle, fitting = "", []
        for gpu in allowed:
            beside = [other for other in live if gpu.uuid in (place_of(other).get("gpu"), self._given.get(other.id))]
            promised = sum(self._experience.need(other.config).gpu for other in beside if not _has_settled(other))
            wanted = need.gpu if need.known or beside else ALONE_GPU
            if gpu.free - promised >= wanted:
                fitting.append(gpu)
            elif need.known or not beside:
                obstacle = _waits_for("memory on the GPU", run, wanted, gpu.free - promised)
        return fitting or obstacle


def place_of(run: Run) -> dict[str, Any]:
    """What the keeper of its current attempt wrote of a run's place; empty where it wrote nothing."""
    with contextlib.suppress(OSError, ValueError):
        place = read_json(run.paths.process) or {}
        if place.get("attempt") == run.attempt:
            return place
    return {}


def _has_settled(run: Run) -> bool:
    """Whether a live run has taken its memory already, so that it is not free any more."""
    memory = run.history.memory
    return memory is not None and memory["attempt"] == run.attempt


def _waits_for(what: str, run: Run, wanted: int, free: int) -> str:
    return f"{run.id} waits for {what}: it needs {wanted / GIB:.1f} GiB, {max(0, free) / GIB:.1f} GiB is free."

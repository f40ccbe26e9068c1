"""How trainings share a GPU: at once under MPS, where it is to be had, else in turns."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from mixtui.launch.leases import any_gpu_leased
from mixtui.launch.mps import MpsUnavailableError, looks_like_mps_fault, mps_environment, quit_mps
from mixtui.launch.places import place_of
from mixtui.lock import Lock
from mixtui.store.run import Run
from mixtui.store.status import State

ASK_AGAIN_AFTER = 300.0  # seconds: a daemon that hangs takes its time to be found out


class Sharing:
    """MPS on this host, whose daemon and locks have their place in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._refusal = ""
        self._refused_until = 0.0

    def environment(self, run: Run, gpu: str, *, shared: bool) -> dict[str, str]:
        """What a run on that GPU must find in its environment, `shared` when others are to train there too.

        MIXTUI_REMARK is what the run's warnings are to say of it.
        """
        environment = {"CUDA_VISIBLE_DEVICES": gpu}
        if remark := run.control.get("remark"):
            environment["MIXTUI_REMARK"] = remark
        # An MPS daemon serves one slice of a GPU that is cut in slices, and slices are apart anyway.
        if shared and run.control.get("mps", True) and not gpu.startswith("MIG-"):
            try:
                environment |= self._mps()
            except MpsUnavailableError as error:
                environment["MIXTUI_REMARK"] = f"Trainings take turns on the GPU: MPS cannot be used, {error}."
        return environment

    def leave(self) -> None:
        """Quit the daemon if nobody of this user trains on a GPU any more."""
        with contextlib.suppress(OSError), self._alone():  # somebody may have tidied the folder up
            if not any_gpu_leased(self._folder, patience=2.0):
                quit_mps(self._folder)

    def _mps(self) -> dict[str, str]:
        if time.monotonic() < self._refused_until:
            raise MpsUnavailableError(self._refusal)
        try:
            with self._alone():
                return mps_environment(self._folder)
        except MpsUnavailableError as error:
            self._refusal, self._refused_until = str(error), time.monotonic() + ASK_AGAIN_AFTER
            raise

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody quits the daemon while somebody else starts it."""
        lock = Lock.take(self._folder / "mps.lock", patience=60)
        try:
            yield
        finally:
            if lock:
                lock.close()


def may_have_fallen_with_others(run: Run) -> bool:
    """Whether a run trained under MPS and died of what looks like a fault of the GPU, its own or another's."""
    return (
        run.status.state in (State.FAILED, State.CRASHED)
        and run.control.get("want") == "run"
        and bool(place_of(run).get("mps"))
        and looks_like_mps_fault(run.status.sentence)
    )

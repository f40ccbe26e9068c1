"""The seam between mixtui and whatever gets runs trained. To add one: a module like `local_launcher.py`, or for a
scheduler a folder like `slurm/`, a class with these methods in it, its lines in `launchers.py`, and its options in
`cli/cluster.py`.

A run's `control.json` says which `launcher` has it and which `launcher_options` that was given. Everything else
(states, listings, the interface) reads the run directory: the training writes there how it comes on, through the same
keeper and worker everywhere; what only a scheduler knows stands in `job.json` (`store/job.py`), written by the
launcher's `Watch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.tickets import Tickets


class NotSubmittedError(MixtuiError):
    """A scheduler refused runs, or could not be asked."""


class Watch(Protocol):
    """What the supervisor does for a launcher's runs below one folder, a moment at a time. All in its only thread; an
    exception ends that moment alone, and goes to its log."""

    note: str  # why runs wait that could be starting, "" for nothing but places

    def adopt(self, run: Run) -> None:
        """Take note of a run, whosever it is; give it a ticket if it is this launcher's to see to. Called for every run
        of the folder, when the supervisor begins and again before it ends."""

    def tick(self) -> bool:
        """One look at everything; False when nothing is left to do. Other launchers' runs wait meanwhile."""

    def has_tickets(self) -> bool:
        """Whether there is anything to look after, by the tickets alone."""

    def leave(self) -> None:
        """Let go of what was held for the runs, since nothing is left to do. The watch may be needed again after it."""


class Launcher(Protocol):
    """A way of getting runs trained. One that is frozen, so that runs can be grouped by it."""

    def resolve(self, device: str, runs: int) -> tuple[str, int]:
        """`device` with `auto` resolved, and the CPU threads for each of so many runs at once.

        Raises MixtuiError for a device that the runs cannot have.
        """

    def check(self, config: RunConfig) -> None:
        """Raises MixtuiError where a run of `config` could not be trained any more."""

    def wants(self, config: RunConfig, priority: int) -> dict[str, Any]:
        """What `control.json` says of a run of `config` that is wanted now; `launcher` and `launcher_options` among it,
        but for those of this host."""

    def submit(self, runs: Sequence[RunPaths]) -> None:
        """See to it that runs are trained whose `control.json` wants that. Raises MixtuiError.

        A scheduler's runs have their `job.json` then, with the attempt that is wanted; those that it refused have none,
        which raises NotSubmittedError. Called again for a run that has its job, it leaves that.
        """

    def hasten_ends(self, runs: Sequence[Run]) -> None:
        """Make runs end soon whose `control.json` wants that already, which their trainings find by themselves."""

    def tickets(self, root: Path) -> Tickets:
        """Of the runs below `root` that somebody has to look after."""

    def can_watch(self) -> bool:
        """Whether this host is one from which runs can be looked after."""

    def watch(self, root: Path) -> Watch:
        """What looks after the runs below `root`. For the supervisor alone, which holds the lock on that."""

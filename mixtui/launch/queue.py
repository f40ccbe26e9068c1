"""What can be asked of runs: to be queued, to end, to go on, to be tried again, to go before others."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mixtui.datasets.catalog import default_data_dir
from mixtui.errors import MixtuiError, UnsuitableRunError
from mixtui.launch.launcher import Launcher, NotSubmittedError
from mixtui.launch.launchers import launcher_of, looked_after
from mixtui.launch.wake import wake
from mixtui.store.control import Want, change_control, read_control, want
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store

# What `control.json` says of how a run is to be treated, whoever starts it and where.
HANDLING = ("slots_per_gpu", "retries", "keep_checkpoints", "eval_on")
MAKING_LASTS = 60.0  # seconds at most between a run's directory and its ticket
FOREGROUND = 1  # priority of a run that somebody waits for


def enqueue(runs: Sequence[RunPaths]) -> None:
    """Hand runs that are wanted to their launchers.

    Raises NotSubmittedError where a scheduler refuses some, the others having been handed over; MixtuiError where
    tickets cannot be written, or no supervisor be started.
    """
    refusal: NotSubmittedError | None = None
    for launcher, theirs in _by_launcher(runs):
        try:
            launcher.submit(theirs)
        except NotSubmittedError as error:
            refusal = error
    try:
        _wake(runs)
    finally:
        if refusal is not None:
            raise refusal


def enqueue_new(runs: Sequence[RunPaths]) -> None:
    """`enqueue` for runs that were only just made: those that a scheduler refused are gone then."""
    try:
        enqueue(runs)
    except NotSubmittedError:
        for paths in runs:
            if "launcher" in read_control(paths) and not paths.job.exists():
                shutil.rmtree(paths.root, ignore_errors=True)
        raise


def _by_launcher(runs: Sequence[RunPaths]) -> list[tuple[Launcher, list[RunPaths]]]:
    """The runs in groups of one launcher and one folder."""
    groups: dict[tuple[Launcher, Path], list[RunPaths]] = {}
    for paths in runs:
        control = read_control(paths)
        groups.setdefault((launcher_of(control), paths.root.parent), []).append(paths)
    return [(launcher, theirs) for (launcher, _), theirs in groups.items()]


def _wake(runs: Sequence[RunPaths]) -> None:
    for root in {paths.root.parent for paths in runs}:
        wake(root)


@contextlib.contextmanager
def asking_to_end(what: Want) -> Iterator[Callable[[Run], None]]:
    """What asks a run to stop or pause: to finish its step, save, and end; one that waits leaves the queue.

    All that were asked are hastened together in the end, as a scheduler takes a thousand jobs back in one call. To ask
    raises UnsuitableRunError for a run that has ended, MixtuiError when its `control.json` cannot be changed.
    """
    asked: list[RunPaths] = []

    def ask(run: Run) -> None:
        state = run.status.state
        if not state.is_live and state is not State.QUEUED:
            raise UnsuitableRunError(f"{run.id} is {state} already.", f"mixtui show {run.id} says more.")
        asked.append(run.paths)  # first: on a full disk the signal does it alone
        want(run.paths, what)

    try:
        yield ask
    finally:
        _hasten_ends(asked)
        with contextlib.suppress(MixtuiError):  # they end without a supervisor too, but for one that hangs
            _wake(asked)


def ask_process_to_end(paths: RunPaths, what: Want) -> None:
    """The same of one run, for a signal handler: whatever state the run is in, and without a supervisor that kills it.

    Raises MixtuiError when `control.json` cannot be changed.
    """
    try:
        want(paths, what)
    finally:
        _hasten_ends([paths])


def _hasten_ends(asked: Sequence[RunPaths]) -> None:
    """Whatever fails here, trainings find in `control.json` what is wanted of them."""
    groups: dict[Launcher, list[Run]] = {}
    for paths in asked:
        with contextlib.suppress(MixtuiError):
            run = Run.load(paths.root)
            groups.setdefault(launcher_of(run.control), []).append(run)
    for launcher, runs in groups.items():
        with contextlib.suppress(MixtuiError):
            launcher.hasten_ends(runs)


def want_again(run: Run, priority: int = 0) -> int:
    """Want a run that was stopped, paused, has failed or crashed to go on from its checkpoint; the attempt's number.

    It is for `enqueue` then. Raises UnsuitableRunError when there is nothing to go on with.
    """
    state = run.status.state
    if state.is_live:
        raise UnsuitableRunError(
            f"{run.id} is {state}.", f"There is nothing to resume; watch it: mixtui logs -f {run.id}"
        )
    if state is State.FINISHED:
        raise UnsuitableRunError(f"{run.id} is finished.", f"mixtui show {run.id} shows it.")
    if run.status.waits_for is not None:  # it keeps its place
        return int(run.control["attempt"])
    launcher = launcher_of(run.control)
    launcher.check(run.config)
    # Counted from what `run` saw: if somebody was faster, that attempt is taken, and nothing starts twice.
    attempt = run.attempt + 1
    change_control(run.paths, attempt=attempt, **launcher.wants(run.config, priority))
    return attempt


def retry(run: Run) -> RunPaths:
    """Make a new run with the configuration of one that has ended, from the beginning; `meta.json` links it to it.

    It is for `enqueue_new` then. Raises UnsuitableRunError for one that is live or queued.
    """
    state = run.status.state
    if state.is_live or state is State.QUEUED:
        raise UnsuitableRunError(f"{run.id} is {state}.", f"To begin anew, stop it first: mixtui stop {run.id}")
    launcher = launcher_of(run.control)
    launcher.check(run.config)
    location = run.control.get("location")
    kept: dict[str, Any] = {name: run.control[name] for name in HANDLING if name in run.control}
    return Store(run.paths.root.parent).create(
        run.config,
        data_dir=Path(run.control.get("data_dir") or default_data_dir()),
        location=Path(location) if location else None,
        meta={"name": run.meta.get("name"), "tags": list(run.tags), "retry_of": run.id},
        control={**kept, **launcher.wants(run.config, 0), "cwd": run.control.get("cwd", str(Path.cwd()))},
    )


def will_be_retried(run: Run) -> bool:
    """Whether a run has crashed that its supervisor, which still has its ticket, starts again by itself."""
    return wants_retry(run) and run.id in looked_after(run.paths.root.parent)


def wants_retry(run: Run) -> bool:
    """Whether a run has crashed that is to go on by itself."""
    control = run.control
    return run.status.state is State.CRASHED and control.get("want") == "run" and control.get("retries", 0) > 0


def is_left_over(run: Run) -> bool:
    """Whether a queued run has waited so long without a ticket that whoever made it must have been killed."""
    ours = run.status.host is None and run.paths.root.stat().st_uid == os.getuid()
    return ours and time.time() - run.paths.root.stat().st_mtime > MAKING_LASTS


def pick_up_left_over(store: Store, ids: Iterable[str]) -> None:
    """Have those of the runs `ids`, which are queued, looked after that nobody looks after."""
    missing = set(ids) - looked_after(store.root)
    runs = [Run.load(store.root / run_id) for run_id in missing]
    left_over = [run for run in runs if run.status.state is State.QUEUED and is_left_over(run)]
    for run in left_over:
        try:
            launcher = launcher_of(run.control)
        except MixtuiError:  # another version's run: who asks for that one is told
            continue
        launcher.tickets(store.root).add(run.id)
    _wake([run.paths for run in left_over])


def queue_order(run: Run) -> tuple[float, str, str]:
    """What queued runs are sorted by: priority, then first come."""
    return -run.control.get("priority", 0), str(run.control.get("queued", "")), run.id


def put_first(runs: list[Run], queue: list[Run]) -> None:
    """Let queued runs go before all others of `queue`, in the order given."""
    _move(runs, max((run.control.get("priority", 0) for run in queue), default=0) + 1)


def put_last(runs: list[Run], queue: list[Run]) -> None:
    """Let queued runs go after all others of `queue`, in the order given."""
    _move(runs, min((run.control.get("priority", 0) for run in queue), default=0) - 1)


def _move(runs: list[Run], priority: int) -> None:
    for run in runs:
        if run.status.state is not State.QUEUED:
            raise UnsuitableRunError(f"{run.id} is {run.status.state}.", "Only queued runs have a place in the queue.")
        if run.status.waits_for is not None:
            raise UnsuitableRunError(f"{run.id} has its place in the scheduler's queue.", "Change it there.")
    for run in runs:
        change_control(run.paths, priority=priority, queued=datetime.now(UTC).isoformat(timespec="microseconds"))

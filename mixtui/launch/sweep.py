"""Queueing a sweep: what is here already is not trained again, one sweep at a time, all under a tag of its own."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtui.errors import MixtuiError
from mixtui.launch.grid import next_study, same_work
from mixtui.launch.queue import enqueue_new, pick_up_left_over
from mixtui.launch.submission import Submission
from mixtui.lock import alone_in
from mixtui.store.documents import Document
from mixtui.store.listing import listed
from mixtui.store.meta import tag
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.store import Store

PATIENCE = 60.0  # seconds for another sweep: to make a thousand runs takes some ten
DONE_OR_COMING = ("finished", "queued", "starting", "running")


@dataclass(frozen=True)
class Sweep:
    """What was queued, under which tags, and the ids of the runs that had been here before."""

    runs: list[RunPaths]
    tags: list[str]
    left_out: list[str]


def queue_sweep(
    store: Store,
    submission: Submission,
    handling: Mapping[str, Any],
    *,
    tags: Sequence[str] = (),
    name: str | None = None,
    again: bool = False,
) -> Sweep:
    """Queue what of `submission` is not here yet, or all of it `again`, and tag all of it. Without `tags` that is the
    next study-N, if anything is queued.

    Raises MixtuiError when the runs folder cannot be read or written, and where a scheduler refuses them; then nothing
    is queued.
    """
    with _one_at_a_time(store.root):
        here = listed(store)
        pick_up_left_over(store, (run["id"] for run in here if run["state"] == "queued"))
        new, left_out = split(submission, [] if again else here)
        given = list(tags) or [next_study(tag for run in here for tag in run.get("tags", ()))]
        runs = new.create(store, {"name": name, "tags": given}, handling)
        enqueue_new(runs)
        if runs or tags:  # else nobody asked for another name of what is here
            _tag(store, left_out, given)
    return Sweep(runs, given, left_out)


def _tag(store: Store, ids: Sequence[str], tags: Sequence[str]) -> None:
    """Runs that were here before belong to the study too."""
    for run_id in ids:
        with contextlib.suppress(MixtuiError):  # removed meanwhile, or somebody else's
            tag(Run.load(store.root / run_id), add=tags)


def split(submission: Submission, here: Sequence[Document]) -> tuple[Submission, list[str]]:
    """The submission without what is `here` already, and the ids of those."""
    done = {same_work(run["config"]): run["id"] for run in here if run["state"] in DONE_OR_COMING}
    new = tuple(config for config in submission.configs if same_work(config) not in done)
    left_out = [done[same_work(config)] for config in submission.configs if same_work(config) in done]
    return dataclasses.replace(submission, configs=new), left_out


def _one_at_a_time(root: Path) -> contextlib.AbstractContextManager[None]:
    """Of two sweeps at once the second sees what the first has queued, and takes another tag."""
    with contextlib.suppress(OSError):  # where it cannot be made, making a run says so
        root.mkdir(parents=True, exist_ok=True)
    return alone_in(root, PATIENCE) if root.is_dir() else contextlib.nullcontext()

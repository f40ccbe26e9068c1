"""What can be done to runs: each act names what it did, how the shell would do it, and how to undo it.

All of it goes through the modules that the commands use. Acts may wait for the disk, so the interface does them on a
thread.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.launch import queue
from mixtui.store import meta
from mixtui.store.control import Want, change_control
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store, default_runs_dir
from mixtui.store.trash import Trash
from mixtui.ui.run_names import run_title
from mixtui.wording import listing, plural


@dataclass(frozen=True)
class Undo:
    """What brings back the state before an act, and the words for it."""

    what: str
    act: Callable[[], object]
    restores: bool = False  # from the trash


@dataclass(frozen=True)
class Done:
    """An act that was done: a sentence for the person, the command that does the same, and its undoing."""

    sentence: str
    command: str = ""
    undo: Undo | None = None
    new: tuple[str, ...] = ()  # ids of the runs that it made or brought back
    removed: tuple[str, ...] = ()  # ids of those that are in the trash now
    problem: str = ""  # why some of the runs were left out


def title(run: Run) -> str:
    return run_title(run.config.alpha, run.config.seed)


class Actions:
    """The acts on the runs of `store`. Each raises MixtuiError when it could be done to none of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._trash = Trash(store.root)

    def end(self, ids: Sequence[str], what: Want) -> Done:
        """Ask runs to stop or pause, without waiting for it."""
        with queue.asking_to_end(what) as ask:
            done, problem = self._each(ids, ask)
        word = {"stop": "Stopping", "pause": "Pausing"}.get(what, what)
        return Done(f"{word} {_titles(done)}.", self._command(what, done), problem=problem)

    def resume(self, ids: Sequence[str]) -> Done:
        done, problem = self._each(ids, queue.want_again)
        queue.enqueue([run.paths for run in done])
        where = f" at epoch {_next_epoch(done[0])}" if len(done) == 1 else ""
        return Done(f"Resuming {_titles(done)}{where}.", self._command("resume", done, "--detach"), problem=problem)

    def retry(self, ids: Sequence[str]) -> Done:
        made = []
        done, problem = self._each(ids, lambda run: made.append(queue.retry(run)))
        queue.enqueue_new(made)
        new = tuple(paths.id for paths in made)
        return Done(f"Trying {_titles(done)} again.", self._command("retry", done), new=new, problem=problem)

    def remove(self, ids: Sequence[str]) -> Done:
        done, problem = self._each(ids, self._trash.put)
        removed = [run.id for run in done]
        return Done(
            f"Moved {_titles(done)} to the trash. u brings {'it' if len(done) == 1 else 'them'} back.",
            self._command("remove", done),
            Undo(f"Brought back {_titles(done)}.", lambda: self.restore(removed), restores=True),
            removed=tuple(removed),
            problem=problem,
        )

    def restore(self, ids: Sequence[str]) -> Done:
        for run_id in ids:
            self._trash.restore(run_id)
        command = shlex.join(["mixtui", "restore", *ids, *self._runs_dir()])
        return Done(f"Brought back {plural(len(ids), 'run')}.", command, new=tuple(ids))

    def tag(self, ids: Sequence[str], add: Iterable[str], remove: Iterable[str]) -> Done:
        wanted, unwanted = [meta.valid_tag(tag) for tag in add], list(remove)
        done, problem = self._each(ids, lambda run: meta.tag(run, wanted, unwanted))
        before = {run.id: run.tags for run in done}
        options = [part for tag in wanted for part in ("--add", tag)]
        options += [part for tag in unwanted for part in ("--remove", tag)]
        return Done(
            f"Tagged {_titles(done)}." if wanted else f"Untagged {_titles(done)}.",
            self._command("tag", done, *options),
            Undo("Tags as before.", lambda: self._restore_tags(before)),
            problem=problem,
        )

    def note(self, ids: Sequence[str], text: str) -> Done:
        done, problem = self._each(ids, lambda run: meta.note(run, text))
        before = {run.id: run.meta.get("note") or "" for run in done}
        return Done(
            f"Noted on {_titles(done)}." if text else f"Note of {_titles(done)} removed.",
            self._command("note", done, "--text", text),
            Undo("Notes as before.", lambda: self._for_all(before, meta.note)),
            problem=problem,
        )

    def pin(self, ids: Sequence[str], pinned: bool) -> Done:
        done, problem = self._each(ids, lambda run: meta.pin(run, pinned))
        before = {run.id: bool(run.meta.get("pinned")) for run in done}
        return Done(
            f"{'Pinned' if pinned else 'Unpinned'} {_titles(done)}.",
            self._command("pin", done, *([] if pinned else ["--off"])),
            Undo("Pins as before.", lambda: self._for_all(before, meta.pin)),
            problem=problem,
        )

    def move_in_queue(self, ids: Sequence[str], where: str) -> Done:
        """Let queued runs go first or last (`where`)."""
        waiting = [run for run in self.store.runs() if isinstance(run, Run) and run.status.state is State.QUEUED]
        chosen = self._load(ids)
        before = {run.id: (run.control.get("priority", 0), run.control.get("queued", "")) for run in chosen}
        (queue.put_first if where == "first" else queue.put_last)(chosen, waiting)

        def undo() -> None:
            for run in self._load(before):
                priority, queued = before[run.id]
                change_control(run.paths, priority=priority, queued=queued)

        verb = "goes" if len(chosen) == 1 else "go"
        return Done(
            f"{_titles(chosen)} {verb} {where}.",
            self._command("queue", chosen, f"--{where}"),
            Undo("The queue as before.", undo),
        )

    def empty_trash(self) -> Done:
        count = len(self._trash.ids())
        self._trash.empty()
        command = shlex.join(["mixtui", "trash", "--empty", *self._runs_dir()])
        return Done(f"Deleted {plural(count, 'run')} for good.", command)

    def _load(self, ids: Iterable[str]) -> list[Run]:
        return [Run.load(self.store.root / run_id) for run_id in ids]

    def _each(self, ids: Sequence[str], act: Callable[[Run], object]) -> tuple[list[Run], str]:
        """Do it to each run that it can be done to: those, as they were before, and why not to the others (the first
        reason)."""
        done: list[Run] = []
        problems: list[MixtuiError] = []
        for run_id in ids:
            try:
                run = Run.load(self.store.root / run_id)
                act(run)
                done.append(run)
            except MixtuiError as error:
                problems.append(error)
        if problems and not done:
            raise problems[0]
        return done, problems[0].message if problems else ""

    def _restore_tags(self, before: dict[str, tuple[str, ...]]) -> None:
        for run in self._load(before):
            meta.tag(run, add=before[run.id], remove=run.tags)

    def _for_all(self, values: Mapping[str, object], write: Callable[..., object]) -> None:
        for run in self._load(values):
            write(run, values[run.id])

    def _command(self, name: str, runs: Sequence[Run], *options: str) -> str:
        return shlex.join(["mixtui", name, *(run.id for run in runs), *options, *self._runs_dir()])

    def _runs_dir(self) -> list[str]:
        return runs_dir_option(self.store.root)


def runs_dir_option(root: Path) -> list[str]:
    """`--runs-dir FOLDER`, where a command in this shell would not look there by itself."""
    return [] if root.resolve() == default_runs_dir().resolve() else ["--runs-dir", os.fspath(root.resolve())]


def _next_epoch(run: Run) -> str:
    """`7 of 10`."""
    epochs = run.config.epochs
    return f"{min(run.epoch + 1, epochs)} of {epochs}"


def _titles(runs: Sequence[Run]) -> str:
    return plural(len(runs), "run") if len(runs) > 3 else listing([title(run) for run in runs])

"""The folder of runs: making a run, listing them, finding one by what a person types."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.store.files import write_json
from mixtui.store.paths import SCHEMA_VERSION, RunPaths, new_run_id
from mixtui.store.run import BrokenRunError, Run


def default_runs_dir() -> Path:
    """`MIXTUI_RUNS`, else `./runs`."""
    return Path(os.environ.get("MIXTUI_RUNS") or "runs").expanduser()


class NoSuchRunError(MixtuiError):
    """No run is called so."""


class Store:
    """The runs below the folder `root`, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(
        self,
        config: RunConfig,
        *,
        data_dir: Path,
        location: Path | None,
        meta: dict[str, Any],
        control: Mapping[str, Any] | None = None,
        made_with: Mapping[str, Any] | None = None,
    ) -> RunPaths:
        """Make the directory of a new run, wanted but not started; `control` is more that its `control.json` holds.

        `made_with` is the `provenance`, which takes a moment to find out: whoever makes many runs does that once.

        `location` is where a data set of the user's own lies, `data_dir` where fetched ones do; both belong to this
        machine, so they stand in `control.json`, not in `config.json`. Raises MixtuiError when the folder cannot be
        written.
        """
        from mixtui.store.provenance import provenance  # a listing needs none of what it imports

        now = datetime.now(UTC)
        final = self.root / new_run_id(config, now)
        # Built under a hidden name: whoever lists the folder sees the run whole or not at all.
        draft = RunPaths(self.root / f".{final.name}")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            draft.root.mkdir()
            write_json(
                draft.config,
                {
                    "schema_version": SCHEMA_VERSION,
                    "created": now.isoformat(timespec="seconds"),
                    **config.to_json(),
                    **(made_with or provenance()),
                },
            )
            write_json(draft.meta, meta)
            write_json(
                draft.control,
                {
                    "want": "run",
                    "attempt": 1,
                    "data_dir": str(data_dir.absolute()),
                    "location": str(location) if location else None,
                    "cwd": str(Path.cwd()),
                    **(control or {}),
                },
            )
            draft.root.rename(final)
        except OSError as error:
            raise MixtuiError(
                f"No run can be made in {self.root}: {error.strerror or error}.",
                "Choose another folder with --runs-dir, or make room.",
            ) from None
        finally:  # Ctrl-C too may come before the renaming
            shutil.rmtree(draft.root, ignore_errors=True)
        return RunPaths(final)

    def run_dirs(self) -> list[Path]:
        """The run directories, oldest first. Raises MixtuiError when the folder cannot be read."""
        return self._runs_called(self.folder_names())

    def _runs_called(self, names: Iterable[str]) -> list[Path]:
        return [path for name in names if is_run(path := self.root / name)]

    def folder_names(self) -> list[str]:
        """The names of all folders that may be a run, sorted, in a tenth of the time that it takes to tell which are.

        Raises MixtuiError when the folder cannot be read.
        """
        try:
            with os.scandir(self.root) as entries:
                return sorted(entry.name for entry in entries if not entry.name.startswith(".") and _is_folder(entry))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise MixtuiError(
                f"The runs folder {self.root} cannot be read: {error.strerror}.", "Choose another with --runs-dir."
            ) from None

    def runs(self) -> Iterator[Run | BrokenRunError]:
        """Every run, oldest first; in place of one that cannot be read, the error that says why."""
        for path in self.run_dirs():
            try:
                yield Run.load(path)
            except BrokenRunError as error:
                yield error

    def find(self, reference: str) -> Run:
        """The run that `reference` names: an id, its tail, a unique prefix of one, a path to one, or `latest`.

        Raises NoSuchRunError when that is none, and MixtuiError when it is several, or cannot be read.
        """
        if "/" in reference and is_run(Path(reference)):
            return Run.load(Path(reference).resolve())
        names = self.folder_names()
        if reference == "latest":
            matches = self._runs_called(names[-1:]) or self._runs_called(names)[-1:]
        else:
            matches = (
                self._runs_called(name for name in names if name == reference)
                or self._runs_called(name for name in names if _tail(name) == reference)
                or self._runs_called(name for name in names if reference and name.startswith(reference))
            )
        if not matches and not any(is_run(self.root / name) for name in names):
            raise NoSuchRunError(f"There are no runs in {self.root}.", "Start one with: mixtui run --alpha 0.1")
        if not matches:
            raise NoSuchRunError(f"No run is called {reference!r}.", "mixtui list shows the ids.")
        if len(matches) > 1:
            raise MixtuiError(
                f"{reference!r} fits {len(matches)} runs: {matches[0].name}, {matches[1].name}"
                + (", …" if len(matches) > 2 else "."),
                "Give more of the id.",
            )
        return Run.load(matches[0])


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in circles
        return False


def is_run(path: Path) -> bool:
    """Whether the folder is a run's, even one that cannot be read any more."""
    try:
        return RunPaths(path).config.exists() or RunPaths(path).events.exists()
    except OSError:  # another person's, whose files are none of ours
        return False


def short_ids(ids: list[str]) -> dict[str, str]:
    """For each id its random tail, where that is enough to find it by, else the whole id."""
    shared = Counter(_tail(run_id) for run_id in ids)
    return {run_id: _tail(run_id) if shared[_tail(run_id)] == 1 else run_id for run_id in ids}


def _tail(run_id: str) -> str:
    return run_id.rpartition("-")[2]

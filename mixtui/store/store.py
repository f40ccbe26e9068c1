"""The folder of runs: making a run, listing them, finding one by what a person types."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths, new_run_id
from mixtui.store.provenance import provenance
from mixtui.store.run import BrokenRunError, Run

SCHEMA_VERSION = 1


def default_runs_dir() -> Path:
    """`MIXTUI_RUNS`, else `./runs`."""
    return Path(os.environ.get("MIXTUI_RUNS") or "runs")


class Store:
    """The runs below the folder `root`, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, config: RunConfig, *, data_dir: Path, location: Path | None, meta: dict[str, Any]) -> RunPaths:
        """Make the directory of a new run, wanted but not started.

        `location` is where a data set of the user's own lies, `data_dir` where fetched ones do; both belong to this
        machine, so they stand in `control.json`, not in `config.json`. Raises MixtuiError when the folder cannot be
        written.
        """
        now = datetime.now(UTC)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            # Built under a hidden name: whoever lists the folder sees the run whole or not at all.
            final = self.root / new_run_id(config, now)
            draft = RunPaths(self.root / f".{final.name}")
            draft.root.mkdir()
            write_json(
                draft.config,
                {
                    "schema_version": SCHEMA_VERSION,
                    "created": now.isoformat(timespec="seconds"),
                    **config.to_json(),
                    **provenance(),
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
                },
            )
            draft.root.rename(final)
        except OSError as error:
            raise MixtuiError(
                f"No run can be made in {self.root}: {error.strerror or error}.",
                "Choose another folder with --runs-dir, or make room.",
            ) from None
        return RunPaths(final)

    def run_dirs(self) -> list[Path]:
        """The run directories, oldest first."""
        try:
            with os.scandir(self.root) as entries:
                names = [e.name for e in entries if not e.name.startswith(".") and e.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        dirs = [self.root / name for name in sorted(names)]
        return [p for p in dirs if RunPaths(p).config.exists() or RunPaths(p).events.exists()]

    def runs(self) -> Iterator[Run | BrokenRunError]:
        """Every run, oldest first; in place of one that cannot be read, the error that says why."""
        for path in self.run_dirs():
            try:
                run = Run.load(path)
                _ = run.status
                yield run
            except BrokenRunError as error:
                yield error

    def find(self, reference: str) -> Run:
        """The run that `reference` names: an id, its tail, a unique prefix of one, a path to one, or `latest`.

        Raises MixtuiError when that is none or several.
        """
        dirs = self.run_dirs()
        if not dirs:
            raise MixtuiError(f"There are no runs in {self.root}.", "Start one with: mixtui run --alpha 0.1")
        if reference == "latest":
            return Run.load(dirs[-1])
        if "/" in reference and RunPaths(Path(reference)).config.exists():
            return Run.load(Path(reference))
        matches = [path for path in dirs if reference in (path.name, _tail(path.name))] or [
            path for path in dirs if path.name.startswith(reference)
        ]
        if not matches:
            raise MixtuiError(f"No run is called {reference!r}.", "mixtui list shows the ids.")
        if len(matches) > 1:
            raise MixtuiError(
                f"{reference!r} fits {len(matches)} runs: {matches[0].name}, {matches[1].name}"
                + (", …" if len(matches) > 2 else "."),
                "Give more of the id.",
            )
        return Run.load(matches[0])


def short_ids(ids: list[str]) -> dict[str, str]:
    """For each id its random tail, where that is enough to find it by, else the whole id."""
    shared = Counter(_tail(run_id) for run_id in ids)
    return {run_id: _tail(run_id) if shared[_tail(run_id)] == 1 else run_id for run_id in ids}


def _tail(run_id: str) -> str:
    return run_id.rpartition("-")[2]

"""One run as read from its directory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixtui.calibration.direction import Direction, direction_of
from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.store.files import read_json
from mixtui.store.history import History
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import SCHEMA_VERSION, RunPaths, is_shipped
from mixtui.store.status import State, Status, status

if TYPE_CHECKING:
    from mixtui.calibration.bins import Bins


class BrokenRunError(MixtuiError):
    """A run directory that cannot be read. mixtui never changes such a one."""

    def __init__(self, run_id: str, what: str) -> None:
        super().__init__(f"{run_id}: {what}.", "mixtui leaves this run alone; mend or move the folder by hand.")
        self.run_id = run_id


@dataclass(frozen=True)
class Run:
    """A run at one moment. Load it again to see what came since."""

    paths: RunPaths
    config: RunConfig
    created: str  # UTC, ISO 8601
    control: dict[str, Any]
    meta: dict[str, Any]
    history: History
    attempt: int  # the last one that anyone began, 0 for none
    status: Status

    @classmethod
    def load(cls, root: Path) -> Run:
        """Raises BrokenRunError when a file that must be whole is not."""
        paths = RunPaths(root)
        with reading(paths):
            config = read_json(paths.config)
            if config is None:
                raise ValueError("config.json is missing")
            control, meta = read_json(paths.control) or {}, read_json(paths.meta) or {}
            _check_meta(meta)
            _check_control(control)
            events = JsonlReader(paths.events)
            history = History().add(events.read())
            attempt = max(paths.last_claim(), history.last_attempt)  # a copy of a run may lack the claims
            found = status(paths, history, control, attempt)
            if found.state is State.CRASHED:  # unless it ended after its events were read
                history = history.add(events.read())
                found = status(paths, history, control, attempt)
            return cls(
                paths=paths,
                config=_parse_config(config),
                created=str(config.get("created", "")),
                control=control,
                meta=meta,
                history=history,
                attempt=attempt,
                status=found,
            )

    @property
    def id(self) -> str:
        return self.paths.id

    @property
    def read_only(self) -> bool:
        """True of a run that came with mixtui."""
        return is_shipped(self.paths.root.parent)

    @property
    def end(self) -> dict[str, Any] | None:
        """How the last attempt ended, in its worker's words; None where it did not say."""
        end = self.history.end
        return end if end is not None and end["attempt"] == self.attempt else None

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history.epochs)

    def test_bins(self) -> Bins | None:
        """The run's M equal-width bins on the test split; None before the first epoch."""
        from mixtui.calibration.bins import Bins

        return Bins.from_json(self.history.last_epoch["bins"]) if self.history.last_epoch else None

    @property
    def direction(self) -> Direction | None:
        """Over- or underconfident on the test split; None before the first epoch."""
        if self.metrics is None or self.history.data is None:
            return None
        return direction_of(self.metrics, self.history.data["n_test"])

    @property
    def seconds(self) -> float | None:
        """Time spent on the epochs in force; None before the first."""
        return round(sum(epoch["seconds"] for epoch in self.history.epochs), 2) if self.history.epochs else None

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.meta.get("tags", ()))

    @property
    def metrics(self) -> dict[str, Any] | None:
        """Scores of the last evaluation of the test split."""
        return self.history.last_epoch["metrics"] if self.history.last_epoch else None


@contextlib.contextmanager
def reading(paths: RunPaths) -> Iterator[None]:
    """Where the files of a run are read: what is wrong with one of them becomes BrokenRunError."""
    try:
        yield
    except ValueError as error:
        raise BrokenRunError(paths.id, str(error)) from None
    except OSError as error:
        name = Path(error.filename).name if error.filename else "a file"
        raise BrokenRunError(paths.id, f"{name} cannot be read ({error.strerror})") from None


def _parse_config(document: dict[str, Any]) -> RunConfig:
    if document.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"config.json has schema version {document.get('schema_version')}, not {SCHEMA_VERSION}")
    try:
        return RunConfig.from_json(document)
    except MixtuiError as error:
        raise ValueError(f"config.json: {error.message.removesuffix('.')}") from None


_CONTROL = {
    "want": str | None,
    "host": str,
    "python": str,
    "pythonpath": str | None,
    "gpus": list,
    "priority": int | float,
    "queued": str,
    "retries": int,
    "eval_on": list,
    "slots_per_gpu": int | None,
    "remark": str,
    "launcher": str,
    "launcher_options": dict,
}


def _check_control(control: dict[str, Any]) -> None:
    """What the supervisor relies on: one odd run must not stop the queue."""
    for name, kind in _CONTROL.items():
        if name in control and not isinstance(control[name], kind):
            raise ValueError(f"control.json: {name} is {control[name]!r}")
    if not all(isinstance(gpu, str) for gpu in control.get("gpus", ())):
        raise ValueError("control.json: gpus is not a list of texts")


def _check_meta(meta: dict[str, Any]) -> None:
    tags = meta.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("meta.json: tags is not a list of texts")
    if not all(isinstance(meta.get(name), str | None) for name in ("name", "note")):
        raise ValueError("meta.json: name or note is not a text")

"""One run as read from its directory."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixtui.calibration.direction import Direction, direction
from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.store.files import read_json
from mixtui.store.history import History
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.status import Status, status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

    @classmethod
    def load(cls, root: Path) -> Run:
        """Raises BrokenRunError when a file that must be whole is not."""
        paths = RunPaths(root)
        config = _read_whole(paths.config)
        try:
            return cls(
                paths=paths,
                config=RunConfig.from_json(config),
                created=str(config.get("created", "")),
                control=_read_whole(paths.control),
                meta=_read_whole(paths.meta),
                history=History().add(JsonlReader(paths.events).read()),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise _broken(root, f"events.jsonl holds an event of an unknown shape ({error!r})") from None

    @property
    def id(self) -> str:
        return self.paths.id

    @cached_property
    def status(self) -> Status:
        try:
            return status(self.paths, self.history, self.control)
        except ValueError as error:
            raise _broken(self.paths.root, str(error)) from None
        except (KeyError, TypeError) as error:
            raise _broken(self.paths.root, f"its process or end has an unknown shape ({error!r})") from None

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history.epochs)

    def test_bins(self) -> Bins | None:
        """The run's M equal-width bins on the test split; None before the first epoch."""
        from mixtui.calibration.bins import Bins

        return Bins.from_json(self.history.last_epoch["bins"]) if self.history.last_epoch else None

    def logits(self) -> NDArray[np.float32] | None:
        """The logits of the test split after the last epoch, (n, classes); None before."""
        import numpy as np

        try:
            with np.load(self.paths.predictions, allow_pickle=False) as arrays:
                logits: NDArray[np.float32] = arrays["logits"]
        except FileNotFoundError:
            return None
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise _broken(self.paths.root, f"predictions.npz cannot be read ({error})") from None
        return logits

    @property
    def direction(self) -> Direction | None:
        """Over- or underconfident on the test split; None before the first epoch."""
        if self.metrics is None or self.history.data is None:
            return None
        return direction(self.metrics["accuracy"], self.metrics["confidence"], self.history.data["n_test"])

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


def _read_whole(path: Path) -> dict[str, Any]:
    try:
        document = read_json(path)
    except ValueError as error:
        raise _broken(path.parent, str(error)) from None
    except OSError as error:
        raise _broken(path.parent, f"{path.name} cannot be read ({error.strerror})") from None
    if document is None:
        if path.name == "config.json":
            raise _broken(path.parent, "config.json is missing")
        return {}
    return document


def _broken(root: Path, what: str) -> BrokenRunError:
    return BrokenRunError(root.name, what)

"""From what a person asks for to a run that is ready to start: everything resolved once, here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtui.config import RunConfig
from mixtui.datasets.resolve import resolve
from mixtui.launch.devices import choose_device, cpu_threads
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store


@dataclass(frozen=True)
class Submission:
    """A configuration with its data set found, and what the person must be told about that."""

    config: RunConfig
    data_dir: Path
    location: Path | None
    notice: str | None

    def create(self, store: Store, meta: dict[str, Any]) -> RunPaths:
        """Make the run's directory. Raises MixtuiError when the runs folder cannot be written."""
        return store.create(self.config, data_dir=self.data_dir, location=self.location, meta=meta)


def prepare(dataset: str | None, data_dir: Path, device: str, precision: str, **recipe: Any) -> Submission:
    """Resolve `device` and `precision` ("auto" included) and the data set, None for one that the user did not name.

    Raises MixtuiError for a value that cannot work and for a named data set that cannot be had.
    """
    config = RunConfig(
        device=choose_device(device),
        precision="fp32" if precision == "auto" else precision,  # type: ignore[arg-type]
        threads=cpu_threads(),
        **recipe,
    )
    found = resolve(dataset, data_dir)  # last: it may ask a server
    # A folder is recorded by its name: where it lies on this machine is not the run's to know.
    requested = None if dataset is None else found.dataset
    config = dataclasses.replace(config, dataset=found.dataset, dataset_requested=requested)
    return Submission(config, data_dir, found.location, found.notice)

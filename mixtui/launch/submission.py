"""From what a person asks for to runs that wait in the queue: everything resolved once, here."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtui.config import RunConfig
from mixtui.datasets.resolve import FOLDER_PREFIX, resolve
from mixtui.launch.import_check import check_import
from mixtui.launch.launcher import Launcher
from mixtui.launch.local_launcher import LocalLauncher
from mixtui.store.paths import RunPaths
from mixtui.store.provenance import provenance
from mixtui.store.store import Store


@dataclass(frozen=True)
class Submission:
    """Configurations with their data set found, and what the person must be told about that."""

    configs: tuple[RunConfig, ...]
    data_dir: Path
    location: Path | None
    notice: str | None
    launcher: Launcher

    def create(
        self, store: Store, meta: Mapping[str, Any], handling: Mapping[str, Any], priority: int = 0
    ) -> list[RunPaths]:
        """Make a run of each configuration, wanted but not handed to the queue yet: all of them, or none.

        `handling` is what `control.json` says of how they are to be treated: retries, slots_per_gpu,
        keep_checkpoints, eval_on. Raises MixtuiError when the runs folder cannot be written.
        """
        made: list[RunPaths] = []
        made_with = provenance()
        try:
            for config in self.configs:
                paths = store.create(
                    config,
                    data_dir=self.data_dir,
                    location=self.location,
                    meta=dict(meta),
                    control={**handling, **self.launcher.wants(config, priority)},
                    made_with=made_with,
                )
                made.append(paths)
        except BaseException:  # Ctrl-C too: half a sweep must not wait for somebody to start its supervisor
            for paths in made:
                shutil.rmtree(paths.root, ignore_errors=True)
            raise
        return made


def prepare(
    dataset: str | None,
    data_dir: Path,
    device: str,
    precision: str,
    *,
    points: Sequence[tuple[float, int]],
    beside: int = 0,
    launcher: Launcher | None = None,
    **recipe: Any,
) -> Submission:
    """Resolve `device` and `precision` ("auto" included) and the data set, None for one that the user did not name.

    `points` are the alphas and seeds of the runs, `beside` how many others share this host with them; without a
    `launcher` they train on this host. Raises MixtuiError for a value that cannot work and for a data set or function
    of the user's that cannot be had.
    """
    launcher = launcher or LocalLauncher()
    chosen, threads = launcher.resolve(device, len(points) + beside)
    configs = [
        RunConfig(
            alpha=alpha,
            seed=seed,
            device=chosen,
            precision="fp32" if precision == "auto" else precision,  # type: ignore[arg-type]
            threads=threads,
            **recipe,
        )
        for alpha, seed in points
    ]
    check_import("model", configs[0].model, Path.cwd())
    if dataset is not None and not dataset.startswith(FOLDER_PREFIX):
        check_import("dataset", dataset, Path.cwd())
    found = resolve(dataset, data_dir)  # last: it may ask a server
    # A folder is recorded by its name: where it lies on this machine is not the run's to know.
    requested = None if dataset is None else found.dataset
    return Submission(
        tuple(dataclasses.replace(config, dataset=found.dataset, dataset_requested=requested) for config in configs),
        data_dir,
        found.location,
        found.notice,
        launcher,
    )

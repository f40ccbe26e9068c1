"""Shell completion of names and ids."""

from __future__ import annotations

from collections.abc import Iterator


def complete_run(incomplete: str) -> Iterator[str]:
    from mixtui.store.store import Store, default_runs_dir

    names = ["latest", *(path.name for path in reversed(Store(default_runs_dir()).run_dirs()))]
    return (name for name in names if name.startswith(incomplete))


def complete_dataset(incomplete: str) -> Iterator[str]:
    from mixtui.datasets.catalog import CATALOG

    return (name for name in (*CATALOG, "folder:") if name.startswith(incomplete))


def complete_shift(incomplete: str) -> Iterator[str]:
    from mixtui.datasets.shifts import KNOWN

    return (name for name in (*KNOWN, "folder:") if name.startswith(incomplete))


def complete_preset(incomplete: str) -> Iterator[str]:
    from mixtui.presets import PRESETS

    return (name for name in PRESETS if name.startswith(incomplete))


def complete_model(incomplete: str) -> Iterator[str]:
    from mixtui.config import MODELS

    return (name for name in MODELS if name.startswith(incomplete))

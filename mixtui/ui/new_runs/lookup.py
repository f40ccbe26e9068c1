"""What the form must look for on this machine, and so on a thread: devices, data sets, room on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixtui.datasets.catalog import CATALOG, default_data_dir, is_present
from mixtui.datasets.resolve import FOLDER_PREFIX, resolve
from mixtui.errors import MixtuiError, reason_of
from mixtui.launch.devices import choose_device, cores, gpus_for, threads_for
from mixtui.launch.estimate import Typical, directory_size, typical_size
from mixtui.launch.import_check import check_import
from mixtui.launch.machine import disk_free
from mixtui.store.documents import Document
from mixtui.ui.new_runs.form import Plan, fault_of
from mixtui.ui.new_runs.outlook import Machine


@dataclass(frozen=True)
class Wish:
    """What of a plan is looked up."""

    device: str
    dataset: str
    model: str
    epochs: int


def wish_of(plan: Plan) -> Wish:
    return Wish(**{name: plan.recipe[name] for name in Wish.__dataclass_fields__})


@dataclass(frozen=True)
class Found:
    """What was found for a wish; `faults` are fields that cannot be had here. Sizes in bytes."""

    wish: Wish
    device: str
    gpus: int
    run_size: Typical | None
    disk_free: int | None
    faults: dict[str, str]

    def machine(self, runs: int) -> Machine | None:
        """What `runs` that share it may use; None where the wish cannot be had."""
        if self.faults:
            return None
        threads = threads_for(self.device, runs)
        return Machine(self.device, cores(), self.gpus, threads, self.run_size, self.disk_free)


def look_up(wish: Wish, documents: Sequence[Document], root: Path) -> Found:
    """Look for what `wish` names; `documents` are the runs of the folder `root`."""
    faults: dict[str, str] = {}
    device, gpus, dataset = "cpu", 0, wish.dataset
    try:
        device = choose_device(wish.device)
        gpus = len(gpus_for(device))
    except MixtuiError as error:
        faults["device"] = fault_of(error)
    if (fault := _import_fault("model", wish.model)) is not None:
        faults["model"] = fault
    if not dataset.startswith(FOLDER_PREFIX):
        if (fault := _import_fault("dataset", dataset)) is not None:
            faults["own_dataset"] = fault
    else:
        try:
            dataset = resolve(dataset, default_data_dir()).dataset
        except MixtuiError as error:
            faults["own_dataset"] = fault_of(error)
        except (OSError, ValueError, RuntimeError) as error:  # a name too long, a home that is not known
            faults["own_dataset"] = reason_of(error)
    like = {"model": wish.model, "dataset": dataset, "epochs": wish.epochs}
    size = typical_size(like, documents, directory_size)
    try:
        free = disk_free(root)
    except OSError:
        free = None
    return Found(wish, device, gpus, size, free, faults)


def _import_fault(option: str, path: str) -> str | None:
    try:
        check_import(option, path, Path.cwd())
    except MixtuiError as error:
        return fault_of(error)
    return None


def data_sets_here() -> dict[str, bool]:
    """Of every data set of the catalogue, whether it is on this machine."""
    return {name: is_present(info, default_data_dir()) for name, info in CATALOG.items()}

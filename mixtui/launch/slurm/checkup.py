"""What `mixtui doctor` tells of Slurm."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator

from mixtui.errors import MixtuiError
from mixtui.launch.checkup import Finding
from mixtui.launch.slurm.commands import Partition, SlurmError, ask_partitions
from mixtui.launch.slurm.settings import INSTALL_SUBMITIT, configured_settings


def look_at_slurm() -> Iterator[Finding]:
    """Nothing on a host without Slurm, unless its defaults are set."""
    try:
        options = configured_settings().options
    except MixtuiError as error:
        yield Finding("Slurm", error.message, error.hint)
        return
    if shutil.which("sinfo") is None:
        if options:
            yield Finding("Slurm", "defaults are set, but there is no sinfo on this host")
        return
    try:
        partitions = ask_partitions()
    except SlurmError as error:
        # It may be installed without a cluster: that matters to whoever means to use one.
        advice = "Sweep on this host, or ask whoever keeps the cluster." if options else ""
        yield Finding("Slurm", f"no cluster answers: {error.message}", advice)
        return
    missing = importlib.util.find_spec("submitit") is None
    told = "; ".join(map(_told, partitions)) or "no partitions"
    yield Finding("Slurm", told, INSTALL_SUBMITIT if missing else "")
    wanted = options.get("partition")
    if wanted is not None and wanted not in [partition.name for partition in partitions]:
        yield Finding(
            "Slurm", f"there is no partition {wanted}, which the defaults name", "Mend [slurm] in config.toml."
        )
    elif options:
        yield Finding("Slurm", "by default " + ", ".join(f"{name}={value}" for name, value in options.items()))


def _told(partition: Partition) -> str:
    """`gpu (default): 2 of 4 nodes up, 2-00:00:00 at most, gpu:a100:4`."""
    default = " (default)" if partition.is_default else ""
    limit = "" if partition.limit == "infinite" else f", {partition.limit} at most"
    gpus = f", {partition.gres}" if partition.gres else ""
    return f"{partition.name}{default}: {partition.up} of {partition.nodes} nodes up{limit}{gpus}"

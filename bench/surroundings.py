"""The machine that a measurement is taken on, and the moment."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

from mixtui.launch.devices import cores, gpus_for
from mixtui.launch.gpus import gpus_called
from mixtui.store.provenance import processor, versions


def surroundings(device: str) -> dict[str, Any]:
    """Of a measurement that begins now, on `device`: cpu, cuda or cuda:N."""
    gpus = gpus_called(gpus_for(device))
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": gpus[0].name if gpus else device,
        "processor": processor(),
        "cores": cores(),
        "versions": versions(),
        "load_average_before": os.getloadavg()[0],
    }


def surroundings_text(about: dict[str, Any]) -> str:
    """In two lines."""
    return (
        f"{about['date']}  device {about['device']}; {about['processor']}, {about['cores']} cores; "
        f"load {about['load_average_before']:.1f} before\n"
        + ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    )


def say(text: str) -> None:
    """Tell the person how far it is; results go to stdout."""
    print(text, file=sys.stderr, flush=True)

"""Running the command line as a person does, in processes of its own, on a small network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TINY_NETWORK = """
from torch import nn

def network(num_classes, channels):
    return nn.Sequential(
        nn.Conv2d(channels, 8, 5, stride=3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout2d(0.1),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, num_classes),
    )
"""
Mixtui = Callable[..., subprocess.CompletedProcess[str]]


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """No network (a proxy that refuses), no data, one thread, a plain UTF-8 locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIXTUI_", "LC_", "LANG"))}
    refusing = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    own = {"MIXTUI_DATA": str(folder / "data"), "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "no_proxy": ""}
    return {**kept, **refusing, **own, **changes}


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to work in that holds `tiny.py`, a user's own network."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "tiny.py").write_text(TINY_NETWORK)
    return folder


@pytest.fixture(scope="session")
def mixtui(workplace: Path) -> Mixtui:
    """Runs `mixtui` with the given arguments; keyword arguments are environment variables."""

    def call(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mixtui", *arguments],
            cwd=workplace,
            env=environment(workplace, **changes),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def finished(mixtui: Mixtui) -> subprocess.CompletedProcess[str]:
    """`mixtui run` without network and data: one finished run on the fallback data set."""
    return mixtui("run", "--alpha", "0.1", "--model", "tiny:network", "--epochs", "2", "--tag", "paper")

"""A cluster of one node for all the tests of this folder, which are skipped where Slurm is not installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mixtui.store.paths import RunPaths
from tests.cli.conftest import quick_package  # noqa: F401 - a fixture
from tests.slurm.cluster import Cluster, available
from tests.slurm.cluster import cluster as started_cluster
from tests.slurm.workplace import TINY, TINY_RECIPE, Workplace, results


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, one a process of pytest-xdist. Who uses it leaves it idle."""
    if reason := available():
        pytest.skip(reason)
    with started_cluster(tmp_path_factory.mktemp("slurm")) as made:
        yield made


@pytest.fixture
def make_workplace(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Workplace]]:
    """Makes the test's workplace; keywords are environment variables of its commands."""
    made: list[Workplace] = []

    def make(**changes: str) -> Workplace:
        (tmp_path / "tiny.py").write_text(TINY)
        made.append(Workplace(tmp_path, cluster, changes))
        return made[0]

    monkeypatch.setenv("SLURM_CONF", cluster.env["SLURM_CONF"])  # for the interface, which is in this process
    monkeypatch.setenv("MIXTUI_CONFIG", str(tmp_path / "config"))
    yield make
    for workplace in made:
        workplace.leave()


@pytest.fixture
def workplace(make_workplace: Callable[..., Workplace]) -> Workplace:
    """Where trainings are real."""
    return make_workplace()


@pytest.fixture
def slow(workplace: Workplace) -> Path:
    """While this file is there, steps take their time."""
    (workplace.folder / "slow").touch()
    return workplace.folder / "slow"


@pytest.fixture
def quick(make_workplace: Callable[..., Workplace], quick_package: Path) -> Workplace:  # noqa: F811
    """Where an epoch takes 50 ms, and all is real but the training."""
    return make_workplace(PYTHONPATH=str(quick_package))


@pytest.fixture(scope="session")
def uninterrupted(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the training of `TINY_RECIPE` with alpha 0.4 comes to when nothing happens to it."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    (folder / "tiny.py").write_text(TINY)
    workplace = Workplace(folder, cluster, {})
    workplace.call("run", "--alpha", "0.4", *TINY_RECIPE)
    (root,) = workplace.store.run_dirs()
    return results(RunPaths(root))

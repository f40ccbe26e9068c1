"""What `mixtui doctor` tells of Slurm."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixtui.launch.slurm.checkup import look_at_slurm
from tests.launch.slurm.conftest import Cluster

SINFO = (
    "gpu*|3|up|mixed|2-00:00:00|gpu:a100:4",
    "gpu*|1|up|drained*|2-00:00:00|gpu:a100:4",
    "cpu|2|up|idle|infinite|(null)",
    "old|2|down|idle|1:00:00|(null)",
)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's configuration file, which is not there yet; the current folder has none."""
    monkeypatch.setenv("MIXTUI_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config.toml"


def test_partitions_are_told_with_their_nodes_limits_and_gpus(cluster: Cluster) -> None:
    cluster.says("sinfo", *SINFO)
    (finding,) = look_at_slurm()
    assert finding == (
        "Slurm",
        "gpu (default): 3 of 4 nodes up, 2-00:00:00 at most, gpu:a100:4; cpu: 2 of 2 nodes up; "
        "old: 0 of 2 nodes up, 1:00:00 at most",
        "",
    )


def test_defaults_are_told(cluster: Cluster, config: Path) -> None:
    cluster.says("sinfo", *SINFO)
    config.write_text('[slurm]\npartition = "cpu"\ntime = 30\n')
    assert [finding.found for finding in look_at_slurm()][1] == "by default partition=cpu, time=30"


def test_a_default_partition_that_is_not_there_is_to_be_mended(cluster: Cluster, config: Path) -> None:
    cluster.says("sinfo", *SINFO)
    config.write_text('[slurm]\npartition = "nope"\n')
    _, wrong = look_at_slurm()
    assert "no partition nope" in wrong.found
    assert wrong.advice


@pytest.mark.parametrize(("defaults", "has_advice"), [("", False), ('[slurm]\nqos = "long"\n', True)])
def test_a_cluster_out_of_reach_matters_to_who_means_to_use_it(
    cluster: Cluster, config: Path, defaults: str, has_advice: bool
) -> None:
    cluster.fails("sinfo", "slurm_load_partitions: Unable to contact slurm controller")
    config.write_text(defaults)
    (finding,) = look_at_slurm()
    assert "Unable to contact slurm controller" in finding.found
    assert bool(finding.advice) is has_advice


def test_a_spoilt_file_of_defaults_is_told(cluster: Cluster, config: Path) -> None:
    config.write_text("[slurm\n")
    (finding,) = look_at_slurm()
    assert str(config) in finding.found
    assert finding.advice


def test_without_slurm_there_is_nothing_to_tell(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert list(look_at_slurm()) == []

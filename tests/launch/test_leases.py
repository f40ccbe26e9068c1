"""Booking places: no core and no share of a GPU is given twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.launch.gpus import Gpu
from mixtui.launch.leases import Lease, any_gpu_leased, lease_cores, lease_gpu

GIB = 2**30


def gpu(name: str, free: int = 10) -> Gpu:
    return Gpu(f"GPU-{name}", "a GPU", free * GIB, 24 * GIB)


def close(*leases: Lease | None) -> None:
    for lease in leases:
        assert lease
        lease.close()


# Cores


def test_cores_are_booked_until_too_few_are_free(tmp_path: Path) -> None:
    first, second = lease_cores(tmp_path, 2, 5), lease_cores(tmp_path, 2, 5)
    assert first
    assert second
    assert (first.place, first.gpu) == ("cpu 0 1", None)
    assert second.place == "cpu 2 3"
    assert lease_cores(tmp_path, 2, 5) is None
    third = lease_cores(tmp_path, 1, 5)  # the one that is left was not kept by the vain attempt
    assert third
    assert third.place == "cpu 4"
    first.close()
    again = lease_cores(tmp_path, 2, 5)
    assert again
    assert again.place == "cpu 0 1"
    close(second, third, again)


def test_a_training_with_more_threads_than_cores_gets_them_all(tmp_path: Path) -> None:
    all_of_them = lease_cores(tmp_path, 16, 3)
    assert all_of_them
    assert len(all_of_them.fds) == 3
    assert lease_cores(tmp_path, 1, 3) is None
    all_of_them.close()


@given(cores=st.integers(1, 12), wishes=st.lists(st.integers(1, 16), max_size=15), data=st.data())
def test_no_core_is_ever_given_twice(
    tmp_path_factory: pytest.TempPathFactory, cores: int, wishes: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("locks")
    leases: list[Lease] = []
    for threads in wishes:
        taken = [core for lease in leases for core in lease.place.split()[1:]]
        lease = lease_cores(folder, threads, cores)
        wanted = min(threads, cores)
        assert (lease is not None) == (wanted <= cores - len(taken))
        if lease:
            own = lease.place.split()[1:]
            assert len(own) == wanted
            assert not set(own) & set(taken)
            leases.append(lease)
        if leases and data.draw(st.booleans()):
            leases.pop(data.draw(st.integers(0, len(leases) - 1))).close()
    close(*leases)


# GPUs


def test_runs_are_spread_over_gpus_before_they_share_one_and_the_emptiest_is_first(tmp_path: Path) -> None:
    gpus = [gpu("a", free=5), gpu("b", free=20)]
    leases = [lease_gpu(tmp_path, gpus, shares=2) for _ in range(5)]
    assert leases[4] is None
    assert [lease.gpu for lease in leases[:4] if lease] == ["GPU-b", "GPU-a", "GPU-b", "GPU-a"]
    assert [lease.place for lease in leases[:4] if lease] == [
        "GPU-b share 1",
        "GPU-a share 1",
        "GPU-b share 2",
        "GPU-a share 2",
    ]
    close(*leases[:4])


def test_without_a_gpu_there_is_no_share(tmp_path: Path) -> None:
    assert lease_gpu(tmp_path, [], shares=6) is None


def test_trainings_that_may_share_with_fewer_count_all_that_are_there(tmp_path: Path) -> None:
    six = [lease_gpu(tmp_path, [gpu("a")], shares=6) for _ in range(3)]
    close(*six[:2])
    two = lease_gpu(tmp_path, [gpu("a")], shares=2)  # beside the third
    assert two
    assert lease_gpu(tmp_path, [gpu("a")], shares=2) is None
    close(two, six[2])


def test_a_gpu_is_leased_as_long_as_somebody_has_a_share(tmp_path: Path) -> None:
    assert not any_gpu_leased(tmp_path)
    core = lease_cores(tmp_path, 1, 1)
    assert not any_gpu_leased(tmp_path)
    first, second = (lease_gpu(tmp_path, [gpu("a")], shares=6) for _ in range(2))
    assert any_gpu_leased(tmp_path)
    close(first)
    assert any_gpu_leased(tmp_path)
    close(second)
    assert not any_gpu_leased(tmp_path)
    close(core)


# Both


def test_a_place_is_taken_until_the_training_in_it_has_ended(tmp_path: Path) -> None:
    """The supervisor closes its own hold on it at once, and may die."""
    lease = lease_gpu(tmp_path, [gpu("a")], shares=1)
    assert lease
    training = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=lease.fds
    )
    lease.close()
    try:
        assert lease_gpu(tmp_path, [gpu("a")], shares=1) is None
        assert any_gpu_leased(tmp_path)
    finally:
        training.kill()
        training.communicate(timeout=30)
    close(lease_gpu(tmp_path, [gpu("a")], shares=1))


def test_two_users_of_the_folder_see_each_other(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mixtui.launch.leases import lease_cores\n"
        f"lease = lease_cores(Path({str(tmp_path)!r}), 1, 2)\n"
        "print(lease.place, flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout
        assert other.stdout.readline() == b"cpu 0\n"
        ours = lease_cores(tmp_path, 1, 2)
        assert ours
        assert ours.place == "cpu 1"
        assert lease_cores(tmp_path, 1, 2) is None
        ours.close()
    finally:
        other.kill()
        other.communicate(timeout=30)

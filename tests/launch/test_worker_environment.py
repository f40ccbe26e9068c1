"""What a training process finds in its environment."""

from __future__ import annotations

from mixtui.launch.worker_environment import worker_environment


def test_the_threads_are_the_runs_own() -> None:
    environment = worker_environment({"OMP_NUM_THREADS": "7", "HOME": "/home/me"}, 2)
    assert environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == "2"
    assert environment["HOME"] == "/home/me"


def test_what_a_person_has_set_for_the_allocator_stays() -> None:
    assert worker_environment({}, 1)["MALLOC_TRIM_THRESHOLD_"] != "5"
    assert worker_environment({"MALLOC_TRIM_THRESHOLD_": "5"}, 1)["MALLOC_TRIM_THRESHOLD_"] == "5"


def test_whoever_chooses_how_threads_wait_has_that() -> None:
    assert "GOMP_SPINCOUNT" in worker_environment({}, 1)
    assert "GOMP_SPINCOUNT" not in worker_environment({"OMP_WAIT_POLICY": "active"}, 1)

"""The environment of a training process."""

from __future__ import annotations

from collections.abc import Mapping

# glibc: what a step frees stays for the next one, instead of going back to the system and coming again page by page.
_MALLOC = {
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),  # the most it takes
    "MALLOC_TOP_PAD_": str(2**26),
}
# libgomp: a thread that waits spins this many times, and then sleeps. Its own choice, 300,000, takes milliseconds
# and starves everything else on its core, above all the thread that it waits for.
_SPINNING = {"GOMP_SPINCOUNT": "10000"}


def worker_environment(surroundings: Mapping[str, str], threads: int) -> dict[str, str]:
    """`surroundings`, with what makes training on so many threads fast. What a person has set there stays, but for the
    number of threads, which the run has recorded."""
    own = _MALLOC if "OMP_WAIT_POLICY" in surroundings else _MALLOC | _SPINNING
    counts = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return {**own, **surroundings, **counts}

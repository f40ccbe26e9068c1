"""What control groups allow, read from made folders of both versions as the kernel writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mixtui.launch import cgroup

GIB = 2**30
NO_LIMIT_V1 = "9223372036854771712\n"

Write = Callable[[str, dict[str, str]], None]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "cgroup"
    root.mkdir()
    monkeypatch.setattr(cgroup, "ROOT", root)
    monkeypatch.setattr(cgroup, "MEMBERSHIP", tmp_path / "membership")
    return root


@pytest.fixture
def write(root: Path) -> Write:
    """Write the files of a group."""

    def write(group: str, files: dict[str, str]) -> None:
        folder = root / group
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)

    return write


@pytest.fixture
def v2(root: Path) -> None:
    """This process is two groups deep, as a shell of systemd's is."""
    cgroup.MEMBERSHIP.write_text("0::/user.slice/session-3.scope\n")


@pytest.fixture
def v1(root: Path) -> None:
    cgroup.MEMBERSHIP.write_text(
        "12:name=systemd:/user.slice\n5:memory:/docker/c0ffee\n4:cpu,cpuacct:/docker/c0ffee\n3:pids:/docker/c0ffee\n0::/x\n"
    )


def nothing_is_known() -> bool:
    return (cgroup.cpu_quota(), cgroup.memory_limit(), cgroup.memory_free(), cgroup.oom_kills()) == (None,) * 3 + (0,)


# CPU


@pytest.mark.parametrize(("text", "quota"), [("150000 100000\n", 1.5), ("max 100000\n", None), ("50000 100000\n", 0.5)])
def test_the_cpu_quota_of_version_2(text: str, quota: float | None, v2: None, write: Write) -> None:
    write("user.slice/session-3.scope", {"cpu.max": text})
    assert cgroup.cpu_quota() == quota


@pytest.mark.parametrize(("text", "quota"), [("400000\n", 4.0), ("-1\n", None)])
def test_the_cpu_quota_of_version_1(text: str, quota: float | None, v1: None, write: Write) -> None:
    write("cpu/docker/c0ffee", {"cpu.cfs_quota_us": text, "cpu.cfs_period_us": "100000\n"})
    assert cgroup.cpu_quota() == quota


def test_the_tightest_of_nested_cpu_quotas_counts(v2: None, write: Write) -> None:
    write("user.slice/session-3.scope", {"cpu.max": "800000 100000\n"})
    write("user.slice", {"cpu.max": "200000 100000\n"})
    assert cgroup.cpu_quota() == 2.0
    write("user.slice/session-3.scope", {"cpu.max": "100000 100000\n"})
    assert cgroup.cpu_quota() == 1.0


# Memory


def test_the_memory_of_version_2(v2: None, write: Write) -> None:
    write(
        "user.slice/session-3.scope",
        {
            "memory.max": f"{8 * GIB}\n",
            "memory.current": f"{6 * GIB}\n",
            "memory.stat": f"anon {3 * GIB}\nfile {3 * GIB}\nactive_file {GIB}\ninactive_file {2 * GIB}\n",
        },
    )
    assert cgroup.memory_limit() == 8 * GIB
    assert cgroup.memory_free() == 5 * GIB  # cached files give way, recently read ones too


def test_the_memory_of_version_1(v1: None, write: Write) -> None:
    write(
        "memory/docker/c0ffee",
        {
            "memory.limit_in_bytes": f"{4 * GIB}\n",
            "memory.usage_in_bytes": f"{3 * GIB}\n",
            # Without "total_" it is of the group alone, without those below it.
            "memory.stat": f"inactive_file 5\nactive_file 6\ntotal_inactive_file {GIB}\ntotal_active_file {GIB}\n",
        },
    )
    assert cgroup.memory_limit() == 4 * GIB
    assert cgroup.memory_free() == 3 * GIB


def test_the_tightest_of_nested_memory_limits_counts(v2: None, write: Write) -> None:
    """The limit and what is free need not be of the same group."""
    write("user.slice/session-3.scope", {"memory.max": f"{4 * GIB}\n", "memory.current": "0\n"})
    write("user.slice", {"memory.max": f"{16 * GIB}\n", "memory.current": f"{15 * GIB}\n"})
    assert cgroup.memory_limit() == 4 * GIB
    assert cgroup.memory_free() == GIB


def test_a_group_above_its_limit_has_nothing_free(v2: None, write: Write) -> None:
    write("user.slice/session-3.scope", {"memory.max": f"{GIB}\n", "memory.current": f"{2 * GIB}\n"})
    assert cgroup.memory_free() == 0


def test_no_limit_is_none(v2: None, write: Write) -> None:
    write("user.slice/session-3.scope", {"memory.max": "max\n", "memory.current": "5\n", "cpu.max": "max 100000\n"})
    assert nothing_is_known()


def test_no_limit_in_version_1_is_a_huge_number(v1: None, write: Write) -> None:
    for group in ("memory", "memory/docker", "memory/docker/c0ffee"):
        write(group, {"memory.limit_in_bytes": NO_LIMIT_V1, "memory.usage_in_bytes": "5\n"})
    assert nothing_is_known()


# Killed for want of memory


def test_kills_of_version_2_are_those_of_the_own_group_alone(v2: None, write: Write) -> None:
    write("user.slice", {"memory.events": "low 0\nhigh 0\nmax 7\noom 9\noom_kill 9\noom_group_kill 0\n"})
    write("user.slice/session-3.scope", {"memory.events": "low 0\nhigh 0\nmax 3\noom 2\noom_kill 2\n"})
    assert cgroup.oom_kills() == 2


def test_kills_of_version_1(v1: None, write: Write) -> None:
    write("memory/docker/c0ffee", {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"})
    assert cgroup.oom_kills() == 3


def test_a_container_sees_its_own_group_at_the_root(v1: None, write: Write) -> None:
    """The path that it is told is that on the host, and is not there."""
    write("memory", {"memory.limit_in_bytes": f"{GIB}\n", "memory.usage_in_bytes": "0\n", "memory.stat": ""})
    write("memory", {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"})
    write("cpu", {"cpu.cfs_quota_us": "200000\n", "cpu.cfs_period_us": "100000\n"})
    assert (cgroup.cpu_quota(), cgroup.memory_limit(), cgroup.memory_free(), cgroup.oom_kills()) == (2.0, GIB, GIB, 1)


def test_a_group_without_the_memory_controller_is_counted_with_the_one_above(v2: None, write: Write) -> None:
    write("user.slice/session-3.scope", {"cpu.max": "max 100000\n"})
    write("user.slice", {"memory.events": "oom_kill 4\n"})
    assert cgroup.oom_kills() == 4


# What cannot be read


@pytest.mark.parametrize(
    "membership",
    [None, b"", b"\n", b"no colons\n", b"1:memory\n", b"0::/\xff\xfe\n", b"0::/../../elsewhere\n", b"0::/gone\n"],
)
def test_without_a_group_there_is_no_limit(membership: bytes | None, root: Path) -> None:
    if membership is not None:
        cgroup.MEMBERSHIP.write_bytes(membership)
    assert nothing_is_known()


@pytest.mark.parametrize("content", ["", "\n", "many\n", "1 2 3\n", "0 0\n", "oom_kill\n", "oom_kill many\n", "\0"])
def test_files_that_say_nothing_are_as_if_they_were_not_there(content: str, v2: None, write: Write) -> None:
    names = ("cpu.max", "memory.max", "memory.current", "memory.stat", "memory.events")
    write("user.slice/session-3.scope", dict.fromkeys(names, content))
    assert nothing_is_known()


def test_files_that_may_not_be_read_are_as_if_they_were_not_there(v2: None, root: Path) -> None:
    for name in ("cpu.max", "memory.max", "memory.current", "memory.stat", "memory.events"):
        (root / "user.slice" / "session-3.scope" / name).mkdir(parents=True)  # not even root can read a folder
    assert nothing_is_known()


def test_use_that_cannot_be_read_hides_no_limit_of_the_groups_above(v2: None, write: Write) -> None:
    write("user.slice/session-3.scope", {"memory.max": f"{GIB}\n"})
    write("user.slice", {"memory.max": f"{2 * GIB}\n", "memory.current": f"{GIB}\n"})
    assert (cgroup.memory_limit(), cgroup.memory_free()) == (2 * GIB, GIB)


def test_the_real_files_are_readable_here() -> None:
    quota, free = cgroup.cpu_quota(), cgroup.memory_free()
    assert quota is None or quota > 0
    assert free is None or free >= 0
    assert cgroup.oom_kills() >= 0

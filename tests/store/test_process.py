"""Whether a process is that very one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.store.process import ProcessIdentity, identify, this_process

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=4,
)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until its standard input is closed."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.communicate()


def test_this_process_is_alive() -> None:
    assert this_process().pid == os.getpid()
    assert this_process().is_here()
    assert this_process().is_alive()


def test_a_child_is_alive_and_another_one(child: subprocess.Popen[bytes]) -> None:
    assert identify(child.pid).is_alive()
    assert identify(child.pid) != this_process()


@pytest.mark.parametrize(
    "change",
    [{"start_time": this_process().start_time - 1}, {"boot_id": "another"}, {"host": "elsewhere"}],
    ids=["a pid used again", "another boot", "another host"],
)
def test_the_same_pid_may_be_another_process(change: dict[str, Any]) -> None:
    assert not replace(this_process(), **change).is_alive()


def test_only_the_host_decides_where_it_is() -> None:
    assert replace(this_process(), boot_id="another", start_time=0).is_here()
    assert not replace(this_process(), host="elsewhere").is_here()


def test_a_zombie_is_dead(child: subprocess.Popen[bytes]) -> None:
    identity = identify(child.pid)
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has asked how
    assert not identity.is_alive()
    with pytest.raises(ProcessLookupError):
        identify(child.pid)


def test_a_process_that_is_gone_is_dead(child: subprocess.Popen[bytes]) -> None:
    identity = identify(child.pid)
    child.kill()
    child.wait()
    assert not identity.is_alive()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_a_name_made_to_mislead_does_not(tmp_path: Path) -> None:
    program = tmp_path / "a) Z 1 2 (3"
    shutil.copy(shutil.which("sleep") or "", program)
    process = subprocess.Popen([program, "60"])
    try:
        assert identify(process.pid).is_alive()
        assert identify(process.pid).start_time >= this_process().start_time
    finally:
        process.kill()
        process.wait()


def test_goes_through_json_unchanged() -> None:
    assert ProcessIdentity.from_json(json.loads(json.dumps(this_process().to_json()))) == this_process()


@given(st.dictionaries(st.sampled_from(["pid", "start_time", "boot_id", "host"]), json_values))
def test_a_document_of_any_kind_is_an_identity_or_a_value_error(document: dict[str, Any]) -> None:
    try:
        identity = ProcessIdentity.from_json(document)
    except ValueError:
        return
    assert not identity.is_alive()

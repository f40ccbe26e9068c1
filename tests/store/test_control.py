"""What is wanted of a run: nothing that anybody asked for gets lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.store.control import change_control, read_control, want
from mixtui.store.files import read_json
from mixtui.store.paths import RunPaths

MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]

EACH = 50
CHANGER = """
import sys
from pathlib import Path
from mixtui.store.control import change_control
from mixtui.store.paths import RunPaths

paths, name = RunPaths(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for n in range(int(sys.argv[3])):
    change_control(paths, **{f"{name}{n}": n})
"""


@pytest.fixture
def paths(make_run: MakeRun) -> RunPaths:
    return make_run()


def control_of(paths: RunPaths) -> dict[str, Any]:
    return read_json(paths.control) or {}


def test_a_change_leaves_the_rest_as_it_was(paths: RunPaths) -> None:
    before = control_of(paths)
    change_control(paths, priority=2)
    want(paths, "pause")
    assert control_of(paths) == {**before, "priority": 2, "want": "pause"}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.text(min_size=1).filter(lambda name: name != "paths"), values, max_size=4))
def test_what_is_written_is_what_is_read(changes: dict[str, Any], paths: RunPaths) -> None:
    before = control_of(paths)
    change_control(paths, **changes)
    assert control_of(paths) == {**before, **changes}


def test_two_processes_that_change_different_things_at_once_lose_nothing(paths: RunPaths) -> None:
    before = control_of(paths)
    changers = [
        subprocess.Popen(
            [sys.executable, "-c", CHANGER, str(paths.root), name, str(EACH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    for changer in changers:
        assert changer.stdout is not None
        assert changer.stdout.readline() == "ready\n"
    for changer in changers:
        assert changer.stdin is not None
        changer.stdin.write("go\n")
        changer.stdin.flush()
    for changer in changers:
        changer.communicate(timeout=60)
        assert changer.returncode == 0
    assert control_of(paths) == before | {f"{name}{n}": n for name in "ab" for n in range(EACH)}
    assert not list(paths.root.glob("*.tmp")) + list(paths.root.glob(".*.tmp"))


@pytest.mark.parametrize("content", ["", '{"want": "run", "cwd": ', "[]", "\0"])
def test_a_file_that_cannot_be_read_is_never_overwritten(content: str, paths: RunPaths, refused: Refused) -> None:
    paths.control.write_text(content)
    with refused("control.json"):
        want(paths, "stop")
    assert paths.control.read_text() == content


@pytest.mark.parametrize("content", ["", "{", "[]", "\0"])
def test_what_cannot_be_read_is_an_error_for_a_person(content: str, paths: RunPaths, refused: Refused) -> None:
    paths.control.write_text(content)
    with refused("control.json"):
        read_control(paths)
    paths.control.unlink()
    assert read_control(paths) == {}
    paths.control.mkdir()
    with refused("Is a directory"):
        read_control(paths)


def test_a_run_that_is_gone_is_an_error_for_a_person(tmp_path: Path, refused: Refused) -> None:
    with refused("No such file"):
        want(RunPaths(tmp_path / "gone"), "stop")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a hidden file would be one too many

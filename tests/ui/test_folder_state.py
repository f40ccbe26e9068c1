"""What state.json remembers of each folder of runs, full of whatever a file can hold."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.ui.folder_state import MOST_FOLDERS, MOST_MARKS, FolderState, Layout, load_folder_state, save_folder_state

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEFT = FolderState(
    cursor="20261122-231502-cifar10-resnet18-a0.4-s0-k3f9",
    marks=("one", "two"),
    filter="tag:study-1 α>=0.2",
    sort="ece",
    reverse=True,
    layouts={"120": Layout(hidden=("log",), sizes={"table": 14}, zoomed="loss"), "80": Layout()},
    seen=NOON,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the file; not there yet."""
    monkeypatch.setenv("MIXTUI_CONFIG", str(tmp_path / "settings"))
    return tmp_path / "settings"


@contextmanager
def new_folder() -> Iterator[Path]:
    """One of its own for each example, named by MIXTUI_CONFIG."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIXTUI_CONFIG", name)
        yield Path(name)


def test_a_folder_not_seen_before_has_the_defaults(tmp_path: Path) -> None:
    assert load_folder_state(tmp_path) == FolderState()


def test_what_was_left_is_found_again(tmp_path: Path) -> None:
    save_folder_state(tmp_path / "runs", LEFT)
    save_folder_state(tmp_path / "others", FolderState(cursor="x", seen=NOON))
    assert load_folder_state(tmp_path / "runs") == LEFT
    assert load_folder_state(tmp_path / "others").cursor == "x"
    save_folder_state(tmp_path / "runs", FolderState(seen=NOON))
    assert load_folder_state(tmp_path / "runs") == FolderState(seen=NOON)


def test_a_folder_is_one_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "link").symlink_to("runs")
    save_folder_state(tmp_path / "link", LEFT)
    monkeypatch.chdir(tmp_path)
    assert load_folder_state(Path("runs")) == load_folder_state(tmp_path / "x" / ".." / "link") == LEFT


def test_a_folder_whose_name_is_no_utf8_is_remembered(tmp_path: Path) -> None:
    runs = tmp_path / "caf\udce9"
    save_folder_state(runs, LEFT)
    assert load_folder_state(runs) == LEFT


def test_only_the_folders_seen_last_are_remembered(tmp_path: Path) -> None:
    for number in range(MOST_FOLDERS + 5):
        save_folder_state(tmp_path / str(number), FolderState(seen=NOON + timedelta(hours=number)))
    known = [number for number in range(MOST_FOLDERS + 5) if load_folder_state(tmp_path / str(number)).seen]
    assert known == list(range(5, MOST_FOLDERS + 5))


def test_the_folder_at_hand_is_remembered_whatever_the_clock_says(tmp_path: Path) -> None:
    for number in range(MOST_FOLDERS):
        save_folder_state(tmp_path / str(number), FolderState(seen=NOON))
    save_folder_state(tmp_path / "now", FolderState(cursor="x", seen=NOON - timedelta(days=9)))
    assert load_folder_state(tmp_path / "now").cursor == "x"


def test_marks_are_bounded(tmp_path: Path) -> None:
    save_folder_state(tmp_path, FolderState(marks=tuple(map(str, range(MOST_MARKS + 7)))))
    assert load_folder_state(tmp_path).marks == tuple(map(str, range(MOST_MARKS)))


def test_a_state_that_cannot_be_written_or_read_is_no_error(folder: Path, tmp_path: Path) -> None:
    folder.write_text("a file in the folder's place")
    save_folder_state(tmp_path, LEFT)
    assert load_folder_state(tmp_path) == FolderState()
    folder.unlink()
    (folder / "state.json").mkdir(parents=True)
    save_folder_state(tmp_path, LEFT)
    assert load_folder_state(tmp_path) == FolderState()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"folders": 3}', '{"folders": {"/": []}}', "[" * 100_000])
def test_a_damaged_state_is_forgotten_and_written_anew(content: str, folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (folder / "state.json").write_text(content)
    assert load_folder_state(tmp_path) == FolderState()
    save_folder_state(tmp_path, LEFT)
    assert load_folder_state(tmp_path) == LEFT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cursor", 5),
        ("cursor", "a\nb"),
        ("cursor", "x" * 1000),
        ("marks", {"a": 1}),
        ("filter", "\x1b[2J"),
        ("filter", "\udcff"),
        ("filter", "x" * 100_000),
        ("sort", ["ece"]),
        ("reverse", "no"),
        ("layouts", [1]),
        ("seen", "2026-11-23T12:00:00"),
        ("seen", "0001-01-01T00:00:00+23:59"),
        ("seen", 1e300),
    ],
)
def test_a_bad_field_costs_no_other(field: str, value: object, folder: Path, tmp_path: Path) -> None:
    save_folder_state(tmp_path, LEFT)
    document = json.loads((folder / "state.json").read_text())
    document["folders"][str(tmp_path.resolve())][field] = value
    (folder / "state.json").write_text(json.dumps(document))
    found = load_folder_state(tmp_path)
    assert getattr(found, field) == getattr(FolderState(), field)
    for other in set(vars(LEFT)) - {field}:
        assert getattr(found, other) == getattr(LEFT, other)


def test_of_marks_and_layouts_the_good_ones_stay(folder: Path, tmp_path: Path) -> None:
    document = {
        "marks": ["a", 3, None, ["b"], "", "a", "b"],
        "layouts": {
            "120": {"hidden": ["log", 4], "sizes": {"a": 9, "b": True, "c": -1, "d": 1e9, "e": "9"}},
            "80": 3,
        },
    }
    folder.mkdir()
    (folder / "state.json").write_text(json.dumps({"folders": {str(tmp_path.resolve()): document}}))
    expected = FolderState(marks=("a", "b"), layouts={"120": Layout(hidden=("log",), sizes={"a": 9})})
    assert load_folder_state(tmp_path) == expected


anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda children: st.one_of(
        st.lists(children, max_size=5), st.dictionaries(st.text(max_size=9), children, max_size=5)
    ),
    max_leaves=20,
)
folder_documents = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(vars(LEFT), anything),
        "layouts": st.dictionaries(
            st.text(max_size=5),
            st.one_of(anything, st.fixed_dictionaries({"hidden": anything, "sizes": anything})),
            max_size=3,
        ),
    },
)


@settings(max_examples=50)
@given(document=st.one_of(anything, folder_documents), neighbours=anything)
def test_whatever_the_state_holds_it_is_read_saved_and_read_the_same(document: Any, neighbours: Any) -> None:
    with new_folder() as folder:
        folders = neighbours if isinstance(neighbours, dict) else {}
        content = {"folders": {**folders, str(folder.resolve()): document}}
        (folder / "state.json").write_text(json.dumps(content))
        found = load_folder_state(folder)
        assert found.filter.isprintable()
        assert all(mark.isprintable() for mark in found.marks)
        save_folder_state(folder, found)
        assert load_folder_state(folder) == found


@settings(max_examples=50)
@given(content=st.binary(max_size=300))
def test_whatever_bytes_the_state_is_made_of_it_is_no_error(content: bytes) -> None:
    with new_folder() as folder:
        (folder / "state.json").write_bytes(content)
        load_folder_state(folder)
        save_folder_state(folder, LEFT)
        assert load_folder_state(folder) == LEFT

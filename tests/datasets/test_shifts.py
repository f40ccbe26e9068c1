"""What a person may ask to be evaluated on."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixtui.datasets.shifts import Corruption, OtherSet, parse_shifts
from tests.conftest import Refused


def test_a_corruption_is_asked_for_at_all_strengths() -> None:
    assert parse_shifts(["blur"]) == [Corruption("blur", strength) for strength in (1, 2, 3, 4, 5)]
    assert [shift.name for shift in parse_shifts(["noise"])][-1] == "noise-5"
    assert len(parse_shifts(["corruptions"])) == 15


def test_each_set_comes_once_in_the_order_asked_for() -> None:
    asked = ["svhn", "noise", "corruptions", "own.module:images", "svhn"]
    names = [shift.name for shift in parse_shifts(asked)]
    assert names[:2] == ["svhn", "noise-1"]
    assert names[-1] == "own.module:images"
    assert len(names) == 17
    assert parse_shifts([]) == []


def test_a_folder_is_named_by_itself_and_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    (shift,) = parse_shifts(["folder:digits"])
    assert shift == OtherSet("folder:digits", tmp_path.resolve() / "digits")
    monkeypatch.chdir("/")
    assert parse_shifts([shift.request]) == [shift]


def test_what_was_asked_for_can_be_asked_for_again() -> None:
    asked = ["contrast", "synthetic", "own.module:images"]
    assert list(dict.fromkeys(shift.request for shift in parse_shifts(asked))) == asked


def test_what_is_not_there_is_refused(tmp_path: Path, refused: Refused) -> None:
    with refused("no test set named 'nois'"):
        parse_shifts(["nois"])
    with refused("There is no folder"):
        parse_shifts([f"folder:{tmp_path}/none"])
    with refused("names no folder"):
        parse_shifts(["folder:"])


def test_two_folders_of_one_name_are_refused(tmp_path: Path, refused: Refused) -> None:
    for parent in "ab":
        (tmp_path / parent / "digits").mkdir(parents=True)
    with refused("Two of the sets are called folder:digits"):
        parse_shifts([f"folder:{tmp_path}/a/digits", f"folder:{tmp_path}/b/digits"])

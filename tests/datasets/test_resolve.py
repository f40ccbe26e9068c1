"""What a run records as its data set, and what is refused when it is submitted."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.datasets import resolve as resolve_module
from mixtui.datasets.catalog import CATALOG, find
from mixtui.datasets.resolve import Resolution, resolve
from mixtui.errors import MixtuiError


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve_module, "is_fetchable", lambda info, timeout: False)


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve_module, "is_fetchable", lambda info, timeout: True)


@pytest.mark.usefixtures("online")
def test_nothing_named_is_cifar10_where_it_can_be_fetched(tmp_path: Path) -> None:
    assert resolve(None, tmp_path) == Resolution("cifar10", location=None, notice=None)


@pytest.mark.usefixtures("offline")
def test_nothing_named_is_cifar10_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / find("cifar10").sources[0].path).touch()
    assert resolve(None, tmp_path).dataset == "cifar10"


@pytest.mark.usefixtures("offline")
def test_nothing_named_falls_back_loudly_to_synthetic(tmp_path: Path) -> None:
    resolution = resolve(None, tmp_path)
    assert resolution.dataset == "synthetic"
    assert resolution.notice is not None
    assert "no evidence" in resolution.notice


@pytest.mark.usefixtures("offline")
def test_a_named_set_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(MixtuiError) as caught:
        resolve("cifar10", tmp_path)
    assert str(tmp_path) in caught.value.message
    assert "cifar-10-python.tar.gz" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.usefixtures("offline")
def test_synthetic_needs_nothing(tmp_path: Path) -> None:
    expected = Resolution("synthetic", location=None, notice=None)
    assert resolve("synthetic", tmp_path) == expected


def test_folder_is_recorded_by_its_name_and_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("train", "test"):
        (tmp_path / "birds" / part).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    resolution = resolve("folder:birds/", tmp_path)
    assert resolution.dataset == "folder:birds"
    assert resolution.location == (tmp_path / "birds").resolve()


@pytest.mark.parametrize("missing", ["train", "test"])
def test_folder_without_a_part_is_refused(tmp_path: Path, missing: str) -> None:
    for part in {"train", "test"} - {missing}:
        (tmp_path / part).mkdir()
    with pytest.raises(MixtuiError, match=f"no folder {missing}/"):
        resolve(f"folder:{tmp_path}", tmp_path)


@pytest.mark.parametrize("named", ["folder:", "folder:/no/such/place"])
def test_no_folder_is_refused(tmp_path: Path, named: str) -> None:
    with pytest.raises(MixtuiError, match="folder"):
        resolve(named, tmp_path)


def test_import_path_is_imported_from_where_it_was_submitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    resolution = resolve("my_data.sets:birds", tmp_path)
    assert resolution.dataset == "my_data.sets:birds"
    assert resolution.location == tmp_path


@given(st.text())
def test_any_other_name_is_an_error_for_a_person(name: str) -> None:
    known = name in CATALOG or name.startswith("folder:") or ":" in name
    if not known:
        with pytest.raises(MixtuiError):
            resolve(name, Path("/nowhere"))


def test_resolving_imports_no_torch() -> None:
    code = "import sys, mixtui.datasets.resolve; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

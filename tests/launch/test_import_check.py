"""Looking for `module:function` in the module's text, without importing it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.errors import MixtuiError
from mixtui.launch.import_check import check_import

SOURCE = """
raise SystemExit("imported")
import torch.nn as nn
from elsewhere import other
if nn:
    def small(num_classes): ...
else:
    first, *rest = 1, 2
class Tiny: ...
def outer():
    def inner(): ...
"""


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    """A folder with the module `nets` and the package `pack`, either of which would stop whoever imports it."""
    (tmp_path / "nets.py").write_text(SOURCE)
    (tmp_path / "pack" / "deep").mkdir(parents=True)
    (tmp_path / "pack" / "deep" / "nets.py").write_text(SOURCE)
    return tmp_path


def fault(path: str, folder: Path) -> str:
    with pytest.raises(MixtuiError) as raised:
        check_import("model", path, folder)
    return f"{raised.value.message} {raised.value.hint}"


@pytest.mark.parametrize("name", ["small", "Tiny", "other", "nn", "first", "rest", "outer"])
def test_what_a_module_binds_is_there(nets: Path, name: str) -> None:
    check_import("model", f"nets:{name}", nets)
    check_import("model", f"pack.deep.nets:{name}", nets)
    assert "nets" not in sys.modules


def test_a_name_that_it_does_not_bind_is_a_fault(nets: Path) -> None:
    assert fault("nets:smal", nets) == "--model nets:smal: nets has no smal. Did you mean small?"
    assert fault("pack.deep.nets:inner", nets).endswith("has no inner. Name a function of pack.deep.nets.")
    assert "pack.deep has no nets" in fault("pack.deep:nets", nets)


def test_a_module_that_is_not_there_is_a_fault(nets: Path) -> None:
    for path in ("net:small", "pack.net:small", "nets.small:make"):
        assert "there is no module" in fault(path, nets)


def test_a_module_that_is_no_python_is_a_fault(nets: Path) -> None:
    (nets / "nets.py").write_text("x = 1\ndef small(:\n")
    assert "nets is not valid Python in line 2." in fault("nets:small", nets)


@pytest.mark.parametrize(
    "source",
    ["from a import *", "globals()['x'] = 1", "def __getattr__(name): ...", "def f():\n    global x\n    x = 1"],
)
def test_what_the_text_cannot_tell_counts_as_there(nets: Path, source: str) -> None:
    (nets / "nets.py").write_text(source)
    check_import("model", "nets:anything", nets)


def test_modules_of_python_and_names_of_models_are_right(nets: Path) -> None:
    for path in ("json:loads", "math:sqrt", "resnet18", "nets:"):
        check_import("model", path, nets)
    assert "json has no lods. Did you mean loads?" in fault("json:lods", nets)


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_any_text_of_a_module_is_no_crash(tmp_path_factory: pytest.TempPathFactory, source: bytes) -> None:
    folder = tmp_path_factory.mktemp("nets")
    (folder / "odd.py").write_bytes(source)
    try:
        check_import("model", "odd:name", folder)
    except MixtuiError as error:
        assert "odd" in error.message

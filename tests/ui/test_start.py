"""What the interface takes from the terminal that it is started in."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mixtui.ui.preferences import Preferences
from mixtui.ui.start import for_this_terminal


@pytest.mark.parametrize(
    ("variables", "glyphs"),
    [
        ({"LC_ALL": "C"}, "ascii"),  # where Python writes UTF-8 all the same
        ({"LC_ALL": "C", "LANG": "C.UTF-8"}, "ascii"),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, "ascii"),
        ({"LC_ALL": "C.UTF-8"}, "braille"),
        ({"LC_ALL": "", "LANG": "C.utf8"}, "braille"),
        ({"LC_ALL": "xx_YY.UTF-8"}, "braille"),  # not installed here, yet the terminal has it
        ({"LC_CTYPE": "UTF-8"}, "braille"),  # as macOS has it
        ({"LANG": "xx_YY.UTF-8@euro"}, "braille"),
        ({"LC_ALL": "xx_YY.ISO-8859-1"}, "ascii"),
    ],
)
def test_the_locale_decides_between_unicode_and_ascii(variables: dict[str, str], glyphs: str) -> None:
    told = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONUTF8"))}
    program = "from mixtui.ui.start import glyphs_of_locale; print(glyphs_of_locale())"
    found = subprocess.run([sys.executable, "-c", program], env={**told, **variables}, capture_output=True, text=True)
    assert found.stdout == f"{glyphs}\n", found.stderr


@pytest.mark.parametrize(("encoding", "glyphs"), [("utf-8", "blocks"), ("UTF8", "blocks"), ("iso8859-1", "ascii")])
def test_what_cannot_be_written_is_ascii_whatever_is_preferred(
    encoding: str, glyphs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stdout:
        def __init__(self) -> None:
            self.encoding = encoding

    monkeypatch.setattr("sys.stdout", Stdout())
    assert for_this_terminal(Preferences(glyphs="blocks")).glyphs == glyphs

"""Writes the tables of docs/reference-study.md anew and draws its figures, from the runs that come with mixtui:

    python docs/make_reference_study.py

Read the page again then: its sentences are by hand.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mixtui.presets import PRESETS

PAGE = Path(__file__).with_name("reference-study.md")
PICTURES = Path(__file__).with_name("pictures")
FIGURES = ("reliability", "reliability-after-temperature", "alpha-response")  # of a report
# In the page: what stands between is the table of a preset.
TABLE = re.compile(r"(<!-- table (?P<preset>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    draw("reference")


def with_tables(page: str) -> str:
    """The page, each table in it as the runs are now."""
    return TABLE.sub(lambda found: f"{found[1]}\n{table(found['preset'])}\n{found[3]}", page)


def table(preset: str) -> str:
    """`mixtui compare --markdown` without its title, which tells what the text around it does."""
    assert preset in PRESETS
    printed = mixtui("compare", "--preset", preset, "--markdown")
    return printed.split("\n\n", 1)[1]


def draw(preset: str) -> None:
    """The figures of a report on the runs of a preset, as they are."""
    with tempfile.TemporaryDirectory() as folder:
        mixtui("report", "--preset", preset, "--out", folder)
        for name in FIGURES:
            shutil.copyfile(Path(folder) / "figures" / f"{name}.svg", PICTURES / f"{preset}-{name}.svg")


def mixtui(*arguments: str) -> str:
    surroundings = {**os.environ, "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "mixtui", *arguments]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()

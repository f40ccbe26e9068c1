"""`mixtui doctor`: what this machine can do, what is missing, and what to do about it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from mixtui.cli.options import DataDir, Json, RunsDir, data_dir, runs_dir
from mixtui.errors import EXIT_FAILED

if TYPE_CHECKING:
    from mixtui.launch.checkup import Finding


def doctor(runs_dir_option: RunsDir = None, data_dir_option: DataDir = None, json: Json = False) -> int:
    """Say what this machine can do, and what is missing.

    The exit code is 1 when something must be mended.
    """
    from mixtui.cli.console import print_json, stdout, words
    from mixtui.launch.checkup import look_at_machine

    findings = [*look_at_machine(runs_dir(runs_dir_option), data_dir(data_dir_option)), _look_at_terminal()]
    if json:
        print_json([finding._asdict() for finding in findings])
    else:
        for what, found, advice in findings:
            stdout().print(words(f"{'✗' if advice else '✓'} {what:<10} {found}"), style="red" if advice else None)
            if advice:
                stdout().print(words(f"  {'':<10} {advice}"))
    return EXIT_FAILED if any(finding.advice for finding in findings) else 0


def _look_at_terminal() -> Finding:
    from mixtui.cli.console import color_depth, speaks_utf8, stdout
    from mixtui.launch.checkup import Finding

    columns, rows = shutil.get_terminal_size()
    colors = {"none": "no colours", "16": "16 colours", "256": "256 colours or more"}[color_depth(stdout())]
    return Finding("terminal", f"{columns}×{rows}, {'UTF-8' if speaks_utf8() else 'ASCII only'}, {colors}")

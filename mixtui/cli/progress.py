"""A bar on stderr for work that this process does itself; none where stderr is no terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixtui.datasets.arrays import Progress


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """What to call with a phase and the fraction of it that is done."""
    from rich.progress import Progress

    from mixtui.cli.console import shown, stderr

    with Progress(console=stderr(), transient=True, disable=not stderr().is_terminal) as bar:
        task = bar.add_task("opening", total=1)

        def show(phase: str, fraction: float) -> None:
            bar.update(task, description=shown(phase), completed=fraction)

        yield show

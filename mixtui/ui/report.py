"""Writing a report on the runs that a screen shows."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from mixtui.errors import MixtuiError
from mixtui.store.documents import Document
from mixtui.ui.actions import Done, runs_dir_option
from mixtui.ui.commands import BY_ID, key_names
from mixtui.wording import plural

if TYPE_CHECKING:
    from mixtui.ui.screens.base import MixtuiScreen

_TABLES = (".csv", ".tex")


def has_something_to_report(documents: Sequence[Document]) -> bool:
    """Whether one of the runs has finished: a report is of finished runs."""
    return any(document.get("state") == "finished" for document in documents)


def ask_for_report(screen: MixtuiScreen, documents: Sequence[Document]) -> None:
    """Ask for a folder, and write the report on the runs into it."""
    from mixtui.report.write import default_folder

    app = screen.app
    key = key_names(app.keys_of(BY_ID["report"])[:1])

    def done(text: str | None) -> None:
        if text is not None:
            app.say("Writing the report…")
            app.act(lambda: report(documents, text, app.store.root, key))

    screen.prompt("folder of the report ", str(default_folder(documents)), _fault_of_folder, done)


def _fault_of_folder(text: str) -> Text | None:
    return None if text.strip() else Text("A folder is needed, such as report/study-1.")


def report(documents: Sequence[Document], folder_text: str, root: Path, key: str) -> Done:
    """Write a report on runs below `root`; `key` asks for its folder again.

    Raises MixtuiError where none has finished, or it cannot be written.
    """
    from mixtui.report.write import FolderRefusedError, write_report

    folder = Path(os.path.expanduser(folder_text.strip()))  # noqa: PTH111 - Path's raises for a user that is not known
    try:
        files = write_report(documents, folder, lambda _doing, _share: None)
    except FolderRefusedError as error:
        raise MixtuiError(error.message, f"{key} asks again: name another folder.") from None
    tables = sum(file.suffix in _TABLES for file in files)
    figures = len({file.stem.removesuffix("-dark") for file in files if file.parent != folder})
    ids = [document["id"] for document in documents]
    out = os.fspath(folder.resolve())
    return Done(
        f"Report written: {folder} (index.html, {plural(tables, 'table')}, {plural(figures, 'figure')}).",
        shlex.join(["mixtui", "report", *ids, "--out", out, *runs_dir_option(root)]),
    )

"""How the interface speaks to the server of a browser's page: as Textual's own, but it ends when the server is gone."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp


class PageDriver(WebDriver):
    """Textual's stays for ever when its server is killed: it stops reading at the end of input, and goes on."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._write = partial(_write_if_heard, self.fileno)

    def run_input_thread(self) -> None:
        super().run_input_thread()
        self._app.post_message(ExitApp())


def _write_if_heard(fileno: int, data: bytes) -> int:
    with contextlib.suppress(BrokenPipeError):
        return os.write(fileno, data)
    return len(data)

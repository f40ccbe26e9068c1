"""`mixtui serve`: the interface in a browser."""

from __future__ import annotations

import errno
from typing import Annotated

import typer

from mixtui.cli.options import RunsDir, runs_dir
from mixtui.errors import MixtuiError


def serve(
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=1, max=65535, help="The port.")] = 8000,
    runs_dir_option: RunsDir = None,
) -> None:
    """Show the interface in a browser.

    There is no password: whoever reaches the address, other users of this machine too, can start and delete runs in
    your name. Ctrl-C ends it; trainings go on.
    """
    from mixtui.cli.console import stderr, stdout, words
    from mixtui.ui.web import is_loopback, serve_interface

    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def say_ready() -> None:
        stdout().print(f"mixtui is at {address} until Ctrl-C.", soft_wrap=True)
        if not is_loopback(host):
            warning = "WARNING: whoever reaches this address can start and delete runs, and run code, in your name."
            stderr().print(words(f"{warning}\nThere is no password, and nothing is encrypted."), style="bold red")

    try:
        serve_interface(runs_dir(runs_dir_option), host, port, say_ready)
    except OSError as error:
        raise _cannot_listen(error, host, port) from None


def _cannot_listen(error: OSError, host: str, port: int) -> MixtuiError:
    if error.errno == errno.EADDRINUSE:
        return MixtuiError(f"Port {port} of {host} is taken.", f"Give another, such as --port {port % 65535 + 1}")
    if error.errno in (errno.EACCES, errno.EPERM):
        return MixtuiError(f"Port {port} is not for ordinary users.", "Give one above 1023, such as --port 8000")
    return MixtuiError(
        f"{host} is no address of this machine.",
        "Leave --host out for this machine alone, or give 0.0.0.0 for all its addresses.",
    )

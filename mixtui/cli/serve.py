"""`mixtui serve`: the interface in a browser."""

from __future__ import annotations

import errno
import os
import re
import secrets
from typing import Annotated

import typer

from mixtui.cli.options import RunsDir, runs_dir
from mixtui.errors import MixtuiError

_TOKEN = "MIXTUI_SERVE_TOKEN"


def serve(
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=1, max=65535, help="The port.")] = 8000,
    public_url: Annotated[
        str, typer.Option("--public-url", metavar="URL", help="Where browsers reach it, behind a proxy with TLS.")
    ] = "",
    runs_dir_option: RunsDir = None,
) -> None:
    """Show the interface in a browser.

    The address that it prints holds a token: whoever has it can start and delete runs, and run code, in your name.
    MIXTUI_SERVE_TOKEN in the environment makes it the same at every start. Ctrl-C ends it; trainings go on.
    """
    from mixtui.cli.console import stderr, stdout, words
    from mixtui.ui.web import serve_interface
    from mixtui.ui.web_access import Address, is_loopback

    address = Address(host, port, _token(), _checked_url(public_url))

    def say_ready() -> None:
        stdout().print(f"mixtui is at {address.to_open} until Ctrl-C.", soft_wrap=True)
        if not is_loopback(host):
            warning = "WARNING: others reach this address, and nothing is encrypted."
            stderr().print(
                words(f"{warning}\nWhoever reads the token on its way can run code in your name."), style="bold red"
            )

    try:
        serve_interface(runs_dir(runs_dir_option), address, say_ready)
    except OSError as error:
        raise _cannot_listen(error, host, port) from None


def _token() -> str:
    """A new one, or what the environment fixes: not an option, since `ps` shows those to everyone."""
    fixed = os.environ.pop(_TOKEN, "")  # trainings inherit the environment, and need no token
    if fixed and not re.fullmatch(r"[A-Za-z0-9_-]{16,128}", fixed):
        raise MixtuiError(
            f"{_TOKEN} is no token: 16 to 128 letters, digits, - and _.", "Leave it out for a new one at every start."
        )
    return fixed or secrets.token_urlsafe()


def _checked_url(public_url: str) -> str:
    """The address without its last slash; "" for none."""
    from yarl import URL

    if not public_url:
        return ""
    try:
        url = URL(public_url)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or url != url.origin().with_path(url.path):
        raise MixtuiError("--public-url is no address of a page.", "Give it such as https://mixtui.example")
    return str(url).rstrip("/")


def _cannot_listen(error: OSError, host: str, port: int) -> MixtuiError:
    if error.errno == errno.EADDRINUSE:
        return MixtuiError(f"Port {port} of {host} is taken.", f"Give another, such as --port {port % 65535 + 1}")
    if error.errno in (errno.EACCES, errno.EPERM):
        return MixtuiError(f"Port {port} is not for ordinary users.", "Give one above 1023, such as --port 8000")
    return MixtuiError(
        f"{host} is no address of this machine.",
        "Leave --host out for this machine alone, or give 0.0.0.0 for all its addresses.",
    )

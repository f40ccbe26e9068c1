"""The interface in browsers, through textual-serve: each page is a process of its own that speaks to a websocket."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from rich.console import Console
from textual_serve.server import Server

from mixtui.ui.web_access import Address, make_guard

ENDING_TAKES = 5.0  # seconds that open pages have to end when the server does
# The page of textual-serve asks Google for a font: nothing is loaded from elsewhere, and no other page may frame ours.
_CONTENT_POLICY = "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve_interface(runs_dir: Path, address: Address, ready: Callable[[], None]) -> None:
    """Serve the interface over the runs of `runs_dir` until Ctrl-C or SIGTERM; `ready` is called once it listens.

    Raises OSError when it cannot listen there.
    """
    host, port = address.host, address.port
    server = Server(f"exec {child_command(runs_dir)}", host, port, title="mixtui")
    server.console = Console(quiet=True)  # which would greet before it knows whether it can listen
    app = _make_app(server, address)
    web.run_app(app, host=host, port=port, print=lambda _: ready(), shutdown_timeout=ENDING_TAKES)


def child_command(runs_dir: Path) -> str:
    """What a shell runs for each page: this very mixtui, whatever PATH is."""
    driver = "TEXTUAL_DRIVER=mixtui.ui.page_driver:PageDriver"
    return shlex.join(["env", driver, sys.executable, "-m", "mixtui", "--runs-dir", str(runs_dir)])


async def _make_app(server: Server, address: Address) -> web.Application:
    """The application of textual-serve, for those who may use it, and ended with its pages."""
    app = await server._make_app()
    pages = set[asyncio.Task[None]]()

    @web.middleware
    async def serve_one(request: web.Request, handler: _Handler) -> web.StreamResponse:
        server.public_url = str(address.seen_by(request)).rstrip("/")
        if request.path != "/ws":
            return await handler(request)
        page = asyncio.current_task()
        assert page is not None
        pages.add(page)
        try:
            return await handler(request)
        finally:
            pages.discard(page)

    async def end_pages(_app: web.Application) -> None:
        """aiohttp would wait for them: to be cancelled makes textual-serve end their processes."""
        for page in pages:
            page.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING_TAKES):
                await asyncio.gather(*pages, return_exceptions=True)

    async def set_policy(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = _CONTENT_POLICY

    app.middlewares.extend([make_guard(address), serve_one])
    app.on_shutdown.append(end_pages)
    app.on_response_prepare.append(set_policy)
    return app

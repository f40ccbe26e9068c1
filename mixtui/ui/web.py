"""The interface in browsers, through textual-serve: each page is a process of its own that speaks to a websocket."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from rich.console import Console
from textual_serve.server import Server

ENDING_TAKES = 5.0  # seconds that open pages have to end when the server does
# The page of textual-serve asks Google for a font: nothing is loaded from elsewhere, and no other page may frame ours.
_CONTENT_POLICY = "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve_interface(runs_dir: Path, host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve the interface over the runs of `runs_dir` until Ctrl-C or SIGTERM; `ready` is called once it listens.

    Raises OSError when it cannot listen there.
    """
    server = Server(f"exec {child_command(runs_dir)}", host, port, title="mixtui")
    server.console = Console(quiet=True)  # which would greet before it knows whether it can listen
    web.run_app(_make_app(server), host=host, port=port, print=lambda _: ready(), shutdown_timeout=ENDING_TAKES)


def child_command(runs_dir: Path) -> str:
    """What a shell runs for each page: this very mixtui, whatever PATH is."""
    return shlex.join([sys.executable, "-m", "mixtui", "--runs-dir", str(runs_dir)])


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches `host`."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


async def _make_app(server: Server) -> web.Application:
    """The application of textual-serve, for requests from its own pages, and ended with its pages."""
    app = await server._make_app()
    pages = set[asyncio.Task[None]]()

    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not _is_ours(request, server.host):
            raise web.HTTPForbidden(text="Open mixtui by the address that mixtui serve printed.")
        server.public_url = f"http://{request.host}"  # as this browser reaches us, a forwarded port too
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

    app.middlewares.append(guard)
    app.on_shutdown.append(end_pages)
    app.on_response_prepare.append(set_policy)
    return app


def _is_ours(request: web.Request, host: str) -> bool:
    """Whether a request is for this server and from its own page, if from a page.

    Any page in a person's browser may open a websocket to any address, loopback too, but has to name its `Origin`; and
    it may have its own name resolve to our address (DNS rebinding), but that name then stands in `Host`.
    """
    try:
        name = request.url.host or ""
    except ValueError:
        return False
    own = _is_address(name) or name.lower() in {"localhost", host.lower(), socket.gethostname().lower()}
    return own and request.headers.get("Origin", f"http://{request.host}") == f"http://{request.host}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

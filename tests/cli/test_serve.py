"""`mixtui serve`: the interface in a browser, for its own pages alone."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pytest

from mixtui.cli.serve import serve
from mixtui.ui import web
from tests.cli.conftest import CommandLine, wait_until

PATIENCE = 30.0  # seconds


@dataclass(frozen=True)
class Served:
    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pages(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    own = {"MIXTUI_CONFIG": str(tmp_path / "config"), "MIXTUI_LOCAL": str(tmp_path / "local"), "PATH": "/bin:/usr/bin"}
    return CommandLine(tmp_path, own)


@pytest.fixture
def served(command_line: CommandLine) -> Iterator[Served]:
    """The interface over a folder without runs, whose name a shell would make something else of."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = command_line.begin("serve", "--port", str(port), "--runs-dir", "it's $(my) runs;")
    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}" in process.stdout.readline()
    yield Served(process, port)
    process.kill()
    process.communicate()


async def first_output(client: aiohttp.ClientSession, url: str, awaited: bytes) -> None:
    """Connect as a page does and read until the application has written `awaited`; leave the page open."""
    websocket = await client.ws_connect(f"{url}/ws?width=120&height=40", headers={"Origin": url})
    shown = b""
    async with asyncio.timeout(PATIENCE):
        while awaited not in shown:
            shown += await websocket.receive_bytes()


def test_the_page_and_the_interface_in_it(served: Served) -> None:
    async def visit() -> str:
        async with aiohttp.ClientSession() as client:
            page = await client.get(served.url)
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
            await first_output(client, served.url, b"it's $(my) runs;")
            return await page.text()

    text = asyncio.run(visit())
    assert f'"ws://127.0.0.1:{served.port}/ws"' in text
    wait_until(lambda: not served.pages())  # the page was closed


def test_ctrl_c_ends_open_pages_too(served: Served) -> None:
    async def interrupt() -> list[psutil.Process]:
        async with aiohttp.ClientSession() as client:
            await first_output(client, served.url, b"mixtui")
            pages = served.pages()
            served.process.send_signal(signal.SIGINT)
            await asyncio.to_thread(served.process.wait, PATIENCE)
            return pages

    pages = asyncio.run(interrupt())
    assert pages
    wait_until(lambda: not any(page.is_running() and page.status() != psutil.STATUS_ZOMBIE for page in pages))
    assert served.process.returncode == 0
    assert served.process.communicate() == ("", "")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:9999"}, 200),  # a forwarded port
        ({"Host": "localhost:9999", "Origin": "http://localhost:9999"}, 200),
        ({"Host": "[::1]:9999"}, 200),
        ({"Host": "rebound.example:8000"}, 403),
        ({"Host": "a b["}, 403),
        ({"Origin": "http://other.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_pages_are_refused(headers: dict[str, str], status: int, served: Served) -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession(headers=headers) as client:
            page = await client.get(served.url)
            assert page.status == status
            if status == 403:
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await client.ws_connect(f"{served.url}/ws")
            elif "Host" in headers:
                assert f'"ws://{headers["Host"]}/ws"' in await page.text()

    asyncio.run(ask())


def test_a_port_that_is_taken(served: Served, command_line: CommandLine) -> None:
    done = command_line("serve", "--port", str(served.port))
    assert done.returncode == 2
    what, what_to_do = done.stderr.splitlines()
    assert f"Port {served.port} of 127.0.0.1 is taken." in what
    assert "--port" in what_to_do


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("", False)],
)
def test_it_is_said_loudly_that_others_reach_it(
    host: str, loopback: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(web, "serve_interface", lambda _runs, _host, _port, ready: ready())
    serve(host=host, port=8000, runs_dir_option=tmp_path)
    assert ("WARNING" in capsys.readouterr().err) is not loopback
